#include "suite/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace tabjoule::suite_test {
namespace {

namespace fs = std::filesystem;

class SuiteFile : public testing::Test {
 protected:
  SuiteFile() {
    fs::create_directories(folder_ / "tables");
    write_file(folder_ / "tables" / "a.csv", "x,y\n1,2\n");
    json_ = Json::parse(R"({"format": "tabjoule-suite", "version": 1, "name": "s", "data_folder": "tables",
      "spaces": ["mlp", "own.json"], "devices": ["sim:a100", "cpu"], "batches": [1, 256],
      "tables": [{"name": "a", "data": "a.csv", "target": "y", "seeds": 2},
                 {"name": "b", "data": "SELECT * FROM '{folder}/a.csv'", "target": "y"}]})");
  }
  ~SuiteFile() override { fs::remove_all(folder_); }

  Suite read() {
    write_json(folder_ / "suite.json", json_);
    return read_suite(folder_ / "suite.json", {});
  }
  std::string refusal() {
    try {
      (void)read();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      return error.what();
    }
    return "";
  }

  fs::path folder_ = fs::path(testing::TempDir()) / "tabjoule-suite-test";
  Json json_;
};

TEST_F(SuiteFile, LocatesTablesQueriesAndSpaces) {
  const Suite suite = read();
  EXPECT_EQ(suite.tables[0].data.data, (folder_ / "tables" / "a.csv").string());
  EXPECT_EQ(suite.tables[1].data.data, "SELECT * FROM '" + (folder_ / "tables").string() + "/a.csv'");
  EXPECT_THAT(suite.spaces, testing::ElementsAre("mlp", (folder_ / "own.json").string()));
  EXPECT_EQ(suite.effort, 1);
  EXPECT_TRUE(suite.boosting);
}

TEST_F(SuiteFile, CellsOfAJobFollowOneAnotherAndFirstSeedsComeFirst) {
  const auto cells = cells_of(read());
  ASSERT_EQ(cells.size(), 2U * 4 + 2U * 4 + 2U * 4);  // seed 0 of both tables, seed 1 of a; two spaces
  for (std::size_t i = 0; i < cells.size(); ++i) {
    EXPECT_EQ(cells[i].job.seed, i < 16 ? 0U : 1U);
    EXPECT_EQ(cells[i].job.space, cells[i / 4 * 4].job.space);
    EXPECT_EQ(cells[i].job.table, cells[i / 4 * 4].job.table);
  }
  EXPECT_EQ(cells.back().job.table, 0U);
}

TEST_F(SuiteFile, RefusesWhatItDoesNotKnowAndNamesIt) {
  json_["efort"] = 1;
  EXPECT_THAT(refusal(), testing::HasSubstr("no member \"efort\"; did you mean \"effort\"?"));
  json_.erase("efort");
  json_["tables"][0]["data"] = "nowhere.csv";
  EXPECT_THAT(refusal(), testing::AllOf(testing::HasSubstr("table \"a\""), testing::HasSubstr("nowhere.csv")));
  json_["tables"][0]["data"] = "a.csv";
  json_["tables"][1]["name"] = "a";
  EXPECT_THAT(refusal(), testing::HasSubstr("two tables \"a\""));
  json_["tables"][1]["name"] = "b";
  json_["batches"] = Json::array({0});
  EXPECT_THAT(refusal(), testing::HasSubstr("\"batches\""));
  json_["batches"] = Json::array({1});
  json_["devices"] = Json::array();
  EXPECT_THAT(refusal(), testing::HasSubstr("\"devices\""));
  json_["devices"] = Json::array({"cpu", "cpu"});
  EXPECT_THAT(refusal(), testing::HasSubstr("names cpu twice"));
}

}  // namespace
}  // namespace tabjoule::suite_test
