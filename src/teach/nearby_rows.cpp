#include "teach/nearby_rows.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace tabjoule {
namespace {

/// Rows among which neighbours are looked for: a larger table is dense enough in a sample of so many.
constexpr std::size_t kMostCandidates = 8192;
constexpr Eigen::Index kBlockRows = 128;
constexpr int kNeighbours = 10;
/// Probability that a column is taken from the neighbour.
constexpr double kExchanged = 0.3;

RowIndices sample_of_rows(std::size_t rows, std::uint64_t seed) {
  RowIndices sample(rows);
  std::iota(sample.begin(), sample.end(), 0U);
  Rng(seed).keep_some(sample, kMostCandidates);
  std::sort(sample.begin(), sample.end());
  return sample;
}

}  // namespace

RowIndices nearest_rows(const Matrix& x, int count, std::uint64_t seed, ThreadPool& pool) {
  const auto rows = static_cast<std::size_t>(x.rows());
  const auto wanted = static_cast<std::size_t>(count);
  const RowIndices candidates = sample_of_rows(rows, seed);
  Matrix among(static_cast<Eigen::Index>(candidates.size()), x.cols());
  for (std::size_t c = 0; c < candidates.size(); ++c) among.row(static_cast<Eigen::Index>(c)) = x.row(candidates[c]);
  const Eigen::VectorXf norms = among.rowwise().squaredNorm();
  RowIndices nearest(rows * wanted);
  const auto blocks = static_cast<int>((x.rows() + kBlockRows - 1) / kBlockRows);
  pool.run(blocks, [&](int b) {
    const Eigen::Index first = b * kBlockRows;
    const Eigen::Index size = std::min(kBlockRows, x.rows() - first);
    const Matrix products = x.middleRows(first, size) * among.transpose();
    std::vector<std::pair<float, std::uint32_t>> order;
    for (Eigen::Index r = 0; r < size; ++r) {
      order.clear();
      for (std::size_t c = 0; c < candidates.size(); ++c) {
        const auto at = static_cast<Eigen::Index>(c);
        if (candidates[c] != first + r) order.emplace_back(norms[at] - 2 * products(r, at), candidates[c]);
      }
      const std::size_t kept = std::min(wanted, order.size());
      std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end());
      for (std::size_t k = 0; k < wanted; ++k)
        nearest[static_cast<std::size_t>(first + r) * wanted + k] = order[k % kept].second;
    }
  });
  return nearest;
}

NearbyRows::NearbyRows(const Matrix& x, int copies, std::uint64_t seed, ThreadPool& pool)
    : nearest_(copies > 0 ? nearest_rows(x, kNeighbours, seed, pool) : RowIndices{}), copies_(copies), seed_(seed) {}

/// A copy takes from one neighbour what it takes.
Matrix NearbyRows::of(const Matrix& x, std::span<const int> column_ends) const {
  Matrix rows = x.replicate(copies_ + 1, 1);
  Rng rng(seed_);
  for (Eigen::Index r = x.rows(); r < rows.rows(); ++r) {
    const auto own = static_cast<std::size_t>(r % x.rows());
    const auto other = x.row(nearest_[own * kNeighbours + rng.below(kNeighbours)]);
    int begin = 0;
    for (const int end : column_ends) {
      if (rng.uniform() < kExchanged) rows.row(r).segment(begin, end - begin) = other.segment(begin, end - begin);
      begin = end;
    }
  }
  return rows;
}

}  // namespace tabjoule
