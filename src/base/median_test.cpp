#include "base/median.h"

#include <gtest/gtest.h>

namespace tabjoule::median_test {
namespace {

TEST(Median, IsTheMiddleOrBetweenTheTwoInTheMiddle) {
  const std::vector<double> values{9, -1, 4, 2};
  EXPECT_EQ(median_of(std::span(values).first(1)), 9);
  EXPECT_EQ(median_of(std::span(values).first(2)), 4);
  EXPECT_EQ(median_of(std::span(values).first(3)), 4);
  EXPECT_EQ(median_of(values), 3);
}

}  // namespace
}  // namespace tabjoule::median_test
