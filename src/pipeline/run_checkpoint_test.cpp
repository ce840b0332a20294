#include "pipeline/run_checkpoint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "runtime/temporary_folder.h"

namespace tabjoule::run_checkpoint_test {
namespace {

TEST(RunCheckpoint, GivesBackWhatWasStoredToARunOfTheSameIdentity) {
  const TemporaryFolder folder;
  const Json identity{{"seed", 1}, {"spaces", {"mlp"}}};
  RunCheckpoint first(folder.path());
  first.open(identity, false);
  EXPECT_FALSE(first.load("prepared").has_value());
  first.store("prepared", {{"scaling", "standard"}});
  RunCheckpoint second(folder.path());
  EXPECT_THROW(second.open(identity, false), Error) << "what an earlier run left is not lost unasked";
  second.open(identity, true);
  EXPECT_EQ(second.load("prepared"), (Json{{"scaling", "standard"}}));
}

TEST(RunCheckpoint, NamesWhatDiffersFromTheRunThatWasBegun) {
  const TemporaryFolder folder;
  RunCheckpoint(folder.path()).open({{"seed", 1}, {"batch", 1}}, false);
  try {
    RunCheckpoint(folder.path()).open({{"seed", 1}, {"batch", 32}}, true);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("its batch is 1, not 32"), std::string::npos) << error.what();
  }
}

TEST(RunCheckpoint, BeginsWhereThereIsNothingToGoOnWith) {
  const TemporaryFolder folder;
  RunCheckpoint checkpoint(folder.path() / "new" / "run");
  checkpoint.open({{"seed", 1}}, true);
  checkpoint.store("x", 1);
  EXPECT_EQ(checkpoint.load("x"), Json(1));
  checkpoint.remove("x.json");
  checkpoint.remove("x.json");
  EXPECT_FALSE(checkpoint.load("x").has_value());
}

}  // namespace
}  // namespace tabjoule::run_checkpoint_test
