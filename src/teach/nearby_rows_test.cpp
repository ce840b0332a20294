#include "teach/nearby_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tabjoule::nearby_rows_test {
namespace {

TEST(NearestRows, AreThoseOfASlowSearch) {
  const Matrix x = Matrix::Random(300, 4);
  ThreadPool pool(2);
  const RowIndices nearest = nearest_rows(x, 5, 1, pool);
  ASSERT_EQ(nearest.size(), 1500U);
  for (Eigen::Index r = 0; r < x.rows(); ++r) {
    std::vector<std::pair<float, std::uint32_t>> all;
    for (Eigen::Index o = 0; o < x.rows(); ++o)
      if (o != r) all.emplace_back((x.row(o) - x.row(r)).squaredNorm(), static_cast<std::uint32_t>(o));
    std::sort(all.begin(), all.end());
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_NEAR((x.row(nearest[static_cast<std::size_t>(r) * 5 + k]) - x.row(r)).squaredNorm(), all[k].first, 1e-5F);
  }
}

TEST(NearestRows, OfTwoRowsEachIsTheOthersAndManyRowsAreSampled) {
  ThreadPool pool(1);
  EXPECT_EQ(nearest_rows(Matrix::Random(2, 3), 3, 1, pool), (RowIndices{1, 1, 1, 0, 0, 0}));
  const Matrix many = Matrix::Random(10'000, 1);
  const RowIndices nearest = nearest_rows(many, 2, 1, pool);
  ThreadPool three(3);
  EXPECT_EQ(nearest, nearest_rows(many, 2, 1, three));
  for (Eigen::Index r = 0; r < many.rows(); ++r) {
    const std::uint32_t first = nearest[static_cast<std::size_t>(r) * 2];
    EXPECT_NE(first, static_cast<std::uint32_t>(r));
    EXPECT_LT(std::abs(many(first, 0) - many(r, 0)), 0.01F);
  }
}

/// Columns: a number; a category of three levels, as one-hot or as a code.
struct TwoEncodings {
  Matrix one_hot = Matrix::Zero(200, 4), codes = Matrix::Zero(200, 2);
  TwoEncodings() {
    const Matrix numbers = Matrix::Random(200, 1);
    for (Eigen::Index r = 0; r < 200; ++r) {
      const Eigen::Index level = r % 3;
      one_hot(r, 0) = codes(r, 0) = numbers(r, 0);
      one_hot(r, 1 + level) = 1;
      codes(r, 1) = static_cast<float>(level);
    }
  }
};

TEST(NearbyRows, AreTheSameRowsInAnyEncodingAndExchangeWholeColumns) {
  const TwoEncodings table;
  ThreadPool pool(2);
  const NearbyRows nearby(table.one_hot, 4, 3, pool);
  const Matrix one_hot = nearby.of(table.one_hot, std::vector<int>{1, 4});
  const Matrix codes = nearby.of(table.codes, std::vector<int>{1, 2});
  ASSERT_EQ(one_hot.rows(), 1000);
  ASSERT_EQ(codes.rows(), 1000);
  EXPECT_EQ(one_hot.topRows(200), table.one_hot);
  EXPECT_EQ(codes.topRows(200), table.codes);
  std::set<float> numbers;
  for (Eigen::Index r = 0; r < 200; ++r) numbers.insert(table.codes(r, 0));
  int changed = 0;
  for (Eigen::Index r = 0; r < 1000; ++r) {
    EXPECT_EQ(one_hot(r, 0), codes(r, 0));
    EXPECT_TRUE(numbers.contains(codes(r, 0)));
    EXPECT_EQ(one_hot.row(r).tail(3).sum(), 1);
    EXPECT_EQ(one_hot(r, 1 + static_cast<Eigen::Index>(codes(r, 1))), 1);
    if (r >= 200 && codes(r, 0) != table.codes(r % 200, 0)) ++changed;
  }
  EXPECT_NEAR(changed, 0.3 * 800, 60);
}

TEST(NearbyRows, OfNoCopyAreTheRowsThemselves) {
  const TwoEncodings table;
  ThreadPool pool(1);
  EXPECT_EQ(NearbyRows(table.one_hot, 0, 3, pool).of(table.codes, std::vector<int>{1, 2}), table.codes);
}

}  // namespace
}  // namespace tabjoule::nearby_rows_test
