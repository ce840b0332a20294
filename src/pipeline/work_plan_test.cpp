#include "pipeline/work_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tabjoule::work_plan_test {
namespace {

using testing::ElementsAre;

TEST(SharedByNeed, GivesNobodyMoreThanItNeeds) {
  EXPECT_THAT(shared_by_need(10, std::vector<double>{8, 1, 100}), ElementsAre(4.5, 1, 4.5));
  EXPECT_THAT(shared_by_need(100, std::vector<double>{8, 1}), ElementsAre(8, 1));
  EXPECT_THAT(shared_by_need(9, std::vector<double>{50, 50, 50}), ElementsAre(3, 3, 3));
  EXPECT_TRUE(shared_by_need(9, {}).empty());
}

TEST(RowsFor, TakesFewerRowsBeforeFewerEpochs) {
  EXPECT_EQ(rows_for(1e9, 10, 50000, 5), 50000U);
  EXPECT_EQ(rows_for(1e6, 10, 50000, 5), 20000U);
  EXPECT_EQ(rows_for(0, 10, 50000, 5), 1024U);
  EXPECT_EQ(rows_for(0, 10, 300, 5), 300U);
}

}  // namespace
}  // namespace tabjoule::work_plan_test
