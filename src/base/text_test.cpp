#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace tabjoule::text_test {
namespace {

const std::vector<std::string> kColumns{"age", "education", "capital-gain", "Income"};

TEST(NearestName, FindsTheCandidateWithTheFewestEdits) {
  EXPECT_EQ(nearest_name("educatoin", kColumns), "education");
  EXPECT_EQ(nearest_name("capital_gain", kColumns), "capital-gain");
  EXPECT_EQ(nearest_name("ages", kColumns), "age");
}

TEST(NearestName, IgnoresLetterCase) { EXPECT_EQ(nearest_name("INCOME", kColumns), "Income"); }

TEST(NearestName, SuggestsNothingThatIsFarFromTheName) {
  EXPECT_EQ(nearest_name("workclass", kColumns), std::nullopt);
  EXPECT_EQ(nearest_name("age", {}), std::nullopt);
}

TEST(NearestName, AllowsAThirdOfTheLengthAndTwoAtLeast) {
  EXPECT_EQ(nearest_name("abcdefghi", {"abcdefxyz"}), "abcdefxyz");   // 3 of 9
  EXPECT_EQ(nearest_name("abcdefghi", {"abcdewxyz"}), std::nullopt);  // 4 of 9
  EXPECT_EQ(nearest_name("abc", {"ayz"}), "ayz");
  EXPECT_EQ(nearest_name("abc", {"xyz"}), std::nullopt);
}

TEST(NearestName, PrefersTheFirstOfEquallyNear) { EXPECT_EQ(nearest_name("cat", {"car", "bat"}), "car"); }

TEST(DidYouMean, IsAClauseOrNothing) {
  EXPECT_EQ(did_you_mean("agee", kColumns), "; did you mean \"age\"?");
  EXPECT_EQ(did_you_mean("zzzzzzzz", kColumns), "");
}

TEST(WithUnit, PicksThePrefixAndThreeSignificantDigits) {
  EXPECT_EQ(with_unit(3.42e-6, "J"), "3.42 uJ");
  EXPECT_EQ(with_unit(0.012149, "J"), "12.1 mJ");
  EXPECT_EQ(with_unit(1, "s"), "1 s");
  EXPECT_EQ(with_unit(12345, "W"), "12.3 kW");
  EXPECT_EQ(with_unit(2.5e9, "W"), "2.5 GW");
  EXPECT_EQ(with_unit(-0.5, "J"), "-500 mJ");
  EXPECT_EQ(with_unit(0, "J"), "0 J");
}

TEST(WithUnit, NeverRoundsUpToAThousandOfAPrefix) {
  EXPECT_EQ(with_unit(999.7e-3, "J"), "1 J");
  EXPECT_EQ(with_unit(0.9994e-3, "s"), "999 us");
  EXPECT_EQ(with_unit(999.96, "W"), "1 kW");
}

TEST(WithUnit, ShowsWhatIsSmallerThanEveryPrefixOrNotFinite) {
  EXPECT_EQ(with_unit(2e-12, "J"), "0.002 nJ");
  EXPECT_EQ(with_unit(std::numeric_limits<double>::infinity(), "J"), "inf J");
}

TEST(QuantityFrom, ReadsPrefixesUnitsAndBareNumbers) {
  EXPECT_DOUBLE_EQ(quantity_from("20uJ", "J", "--energy-budget"), 2e-5);
  EXPECT_DOUBLE_EQ(quantity_from("1.5 mJ", "J", "--energy-budget"), 1.5e-3);
  EXPECT_DOUBLE_EQ(quantity_from("20\xC2\xB5J", "J", "--energy-budget"), 2e-5);
  EXPECT_DOUBLE_EQ(quantity_from("2e-5", "J", "--energy-budget"), 2e-5);
  EXPECT_DOUBLE_EQ(quantity_from("3J", "J", "--energy-budget"), 3);
  EXPECT_DOUBLE_EQ(quantity_from("2ms", "s", "--latency"), 2e-3);
  EXPECT_DOUBLE_EQ(quantity_from("10m", "s", "--time-budget"), 600);
  EXPECT_DOUBLE_EQ(quantity_from("15 min", "s", "--time-budget"), 900);
  EXPECT_DOUBLE_EQ(quantity_from("2h", "s", "--time-budget"), 7200);
}

TEST(QuantityFrom, RefusesWhatIsNoQuantityOverNothing) {
  for (const char* text : {"", "J", "20uW", "20 u J", "0J", "-1J", "nan", "inf", "1min", "20uJs"})
    EXPECT_THROW((void)quantity_from(text, "J", "--energy-budget"), Error) << text;
}

}  // namespace
}  // namespace tabjoule::text_test
