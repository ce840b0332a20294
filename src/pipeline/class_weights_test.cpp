#include "pipeline/class_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tabjoule::class_weights_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Target colours() {
  Target target;
  target.name = "colour";
  target.task = Task::multiclass;
  target.classes = {"blue", "green, dark", "red=pure"};
  target.labels = {0, 0, 0, 1, 1, 2};
  return target;
}

std::vector<float> weights(const std::string& text) { return class_weights_from(text, colours(), colours().labels); }

std::string message(const std::string& text, const Target& target = colours()) {
  try {
    (void)class_weights_from(text, target, target.labels);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "";
}

TEST(ClassWeights, AreNoneWhereNothingIsAsked) { EXPECT_TRUE(weights("").empty()); }

TEST(ClassWeights, BalancedMakesEveryClassCountAlike) { EXPECT_THAT(weights("balanced"), ElementsAre(6.0F / 9, 1, 2)); }

TEST(ClassWeights, AreReadByNameWithCommasAndEqualsSignsInNames) {
  EXPECT_THAT(weights("blue=2"), ElementsAre(2, 1, 1));
  EXPECT_THAT(weights("red=pure=0.5,green, dark=3"), ElementsAre(1, 3, 0.5F));
}

TEST(ClassWeights, SayWhatIsWrong) {
  EXPECT_THAT(message("bleu=2"), HasSubstr("\"colour\" has no class \"bleu\"; did you mean \"blue\"?"));
  EXPECT_THAT(message("blue"), HasSubstr("\"blue\" is neither \"balanced\" nor NAME=WEIGHT"));
  EXPECT_THAT(message("blue=2,blue=3"), HasSubstr("class \"blue\" stands twice"));
  for (const char* text : {"blue=", "blue=0", "blue=-1", "blue=x", "blue=inf", "blue=nan", "blue=2x", "blue=1,"})
    EXPECT_NE(message(text), "") << text;
  Target number;
  number.name = "price";
  EXPECT_THAT(message("balanced", number), HasSubstr("the target \"price\" is a number"));
}

}  // namespace
}  // namespace tabjoule::class_weights_test
