#include "table/cell.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule::cell_test {
namespace {

TEST(Cell, MissingTokensAreTheOnesPromised) {
  for (const char* text : {"", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"})
    EXPECT_TRUE(is_missing_token(text)) << text;
  for (const char* text : {"na", "Na", "none", "-", "0", "nil", "unknown", "nulls"})
    EXPECT_FALSE(is_missing_token(text)) << text;
}

TEST(Cell, NumbersMeanWhatStrtodSays) {
  Rng random(1);
  const std::string alphabet = "0123456789.0123456789-e";
  std::size_t numbers = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    for (std::uint64_t length = 1 + random.below(20); length > 0; --length)
      text += alphabet[random.below(alphabet.size())];
    char* end = nullptr;
    const double expected = std::strtod(text.c_str(), &end);
    const auto value = parse_number(text);
    const bool whole = *end == '\0';
    ASSERT_EQ(value.has_value(), whole) << text;
    if (!whole) continue;
    ++numbers;
    if (std::isnormal(expected) || expected == 0 || std::isinf(expected))
      ASSERT_EQ(*value, expected) << text;
    else  // smaller than the smallest normal number: may be 0
      ASSERT_LT(std::abs(*value), 1e-300) << text;
  }
  EXPECT_GT(numbers, 20000U);
}

TEST(Cell, NumbersWithSignsAndInfinities) {
  EXPECT_EQ(parse_number("+5"), 5);
  EXPECT_EQ(parse_number("-.5"), -0.5);
  EXPECT_EQ(parse_number("5."), 5);
  EXPECT_EQ(parse_number("1e400"), INFINITY);
  EXPECT_EQ(parse_number("-1E400"), -INFINITY);
  EXPECT_EQ(parse_number("-Infinity"), -INFINITY);
  EXPECT_EQ(parse_number("inf"), INFINITY);
  for (const char* text : {"", "+", "-", ".", "+-5", "--5", "0x10", "1_000", "1,5", "nan(1)", "infinite", "5a", "e5"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Cell, DecimalCommaIsOneComma) {
  EXPECT_EQ(parse_decimal_comma("3,25"), 3.25);
  EXPECT_EQ(parse_decimal_comma("-1,5e2"), -150);
  EXPECT_EQ(parse_decimal_comma("3.25"), 3.25);
  EXPECT_FALSE(parse_decimal_comma("1.000,5"));
  EXPECT_FALSE(parse_decimal_comma("1,000,5"));
}

TEST(Cell, ZeroPaddedWholeNumbersAreCodes) {
  for (const char* text : {"020", "00", "-01", "0526301100"}) EXPECT_TRUE(is_zero_padded(text)) << text;
  for (const char* text : {"0", "20", "0.5", "00.5", "-0", "0e1", "", "0x1"})
    EXPECT_FALSE(is_zero_padded(text)) << text;
}

TEST(Cell, Booleans) {
  EXPECT_EQ(parse_boolean("TRUE"), true);
  EXPECT_EQ(parse_boolean("False"), false);
  EXPECT_FALSE(parse_boolean("yes"));
  EXPECT_EQ(parse_loose_boolean("Yes"), true);
  EXPECT_EQ(parse_loose_boolean("0"), false);
  EXPECT_FALSE(parse_loose_boolean("2"));
}

}  // namespace
}  // namespace tabjoule::cell_test
