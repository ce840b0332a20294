// Rows that might have stood in a table, for a teacher to label: each takes some columns from a row much like it. On
// such rows the students of trees learn most of what their teachers know (Fakoor et al., arXiv 2006.14284, who draw
// them by a chain of Gibbs samples; here it is one exchange with a neighbour).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/thread_pool.h"

namespace tabjoule {

/// For each row of `x` its `count` nearest others by Euclidean distance, nearest first, (N * count). Of a large table
/// they are the nearest of a seeded sample. Fewer than `count` others: some stand there twice. N >= 2.
[[nodiscard]] RowIndices nearest_rows(const Matrix& x, int count, std::uint64_t seed, ThreadPool& pool);

/// Where rows near those of a table come from: which rows, of any encoding of the table, exchange which columns.
class NearbyRows {
 public:
  /// `copies` near each row of `x`, which has a column for each level of a category.
  NearbyRows(const Matrix& x, int copies, std::uint64_t seed, ThreadPool& pool);

  /// The rows of `x` and behind them copy by copy those near them, (N (copies + 1), F): the same rows in any encoding.
  /// `column_ends` says which outputs belong to one raw column (Preprocessor::column_ends).
  [[nodiscard]] Matrix of(const Matrix& x, std::span<const int> column_ends) const;

 private:
  RowIndices nearest_;
  int copies_;
  std::uint64_t seed_;
};

}  // namespace tabjoule
