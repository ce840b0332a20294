// The matrix aliases. Everything is row-major float; a view may be strided (a slice of a larger matrix).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace tabjoule {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Floats of a cache line: what different threads write shall not share one.
inline constexpr std::size_t kLineFloats = 16;
[[nodiscard]] constexpr std::size_t whole_lines(std::size_t floats) {
  return (floats + kLineFloats - 1) / kLineFloats * kLineFloats;
}

/// A rectangular block of a row-major matrix: element (r, c) is data[r * stride + c]. Owns nothing.
template <class Scalar>
struct BlockOf {
  Scalar* data = nullptr;
  int rows = 0;
  int cols = 0;
  int stride = 0;

  [[nodiscard]] Scalar* row(int r) const { return data + static_cast<std::ptrdiff_t>(r) * stride; }
  [[nodiscard]] BlockOf top_left(int r, int c) const { return {data, r, c, stride}; }
  [[nodiscard]] BlockOf middle_rows(int first, int count) const { return {row(first), count, cols, stride}; }
  operator BlockOf<const Scalar>() const { return {data, rows, cols, stride}; }  // NOLINT(google-explicit-constructor)
};

using Block = BlockOf<float>;
using ConstBlock = BlockOf<const float>;

inline Block block(Matrix& m) {
  return {m.data(), static_cast<int>(m.rows()), static_cast<int>(m.cols()), static_cast<int>(m.cols())};
}
inline ConstBlock block(const Matrix& m) {
  return {m.data(), static_cast<int>(m.rows()), static_cast<int>(m.cols()), static_cast<int>(m.cols())};
}

/// Row numbers of a table; tables of more than 2^32 rows are refused when read.
using RowIndices = std::vector<std::uint32_t>;

}  // namespace tabjoule
