// Matrix products too small for a BLAS call: those of one attention head, where one side is a head's few columns. The
// call alone costs a BLAS more than the product.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/matrix.h"
#include "nn/layers/elementwise.h"

namespace tabjoule {

/// The left side of a product: element (m, k) is data[m * row_step + k * col_step], so that a transpose is a view.
struct LeftSide {
  const float* data;
  int rows, cols;
  std::ptrdiff_t row_step, col_step;
};

inline LeftSide plain(const ConstBlock& b) { return {b.data, b.rows, b.cols, b.stride, 1}; }
inline LeftSide transposed(const ConstBlock& b) { return {b.data, b.cols, b.rows, 1, b.stride}; }

/// c = alpha a b [+ c], for a b with long rows: eight rows of b go by at once, c is vector code along them, to the end
/// of b's stride: b and c must have the same.
inline void multiply_long(float alpha, const LeftSide& a, const ConstBlock& b, bool add, const Block& c) {
  constexpr int kTogether = 8;
  for (int m = 0; m < a.rows; ++m) {
    float* out = c.row(m);
    int k = 0;
    for (; k + kTogether <= a.cols; k += kTogether) {
      float x[kTogether];
      for (int j = 0; j < kTogether; ++j) x[j] = alpha * a.data[m * a.row_step + (k + j) * a.col_step];
      const float* y = b.row(k);
      const std::ptrdiff_t s = b.stride;
      const auto sum = [&](int n) {
        return ((x[0] * y[n] + x[1] * y[s + n]) + (x[2] * y[2 * s + n] + x[3] * y[3 * s + n])) +
               ((x[4] * y[4 * s + n] + x[5] * y[5 * s + n]) + (x[6] * y[6 * s + n] + x[7] * y[7 * s + n]));
      };
      if (k > 0 || add)
        vector_loop(b.stride, [&](int n) { out[n] += sum(n); });
      else
        vector_loop(b.stride, [&](int n) { out[n] = sum(n); });
    }
    for (; k < a.cols; ++k) {
      const float x = alpha * a.data[m * a.row_step + k * a.col_step];
      const float* y = b.row(k);
      if (k > 0 || add)
        vector_loop(b.stride, [=](int n) { out[n] += x * y[n]; });
      else
        vector_loop(b.stride, [=](int n) { out[n] = x * y[n]; });
    }
  }
}

/// c = a b [+ c], for a b of kWidth columns: rows of c stay in registers.
template <int kWidth>
void multiply_narrow(const ConstBlock& a, const ConstBlock& b, bool add, const Block& c) {
  constexpr int kTogether = 8;
  const auto rows_at = [&](int first, auto count) {
    constexpr int kRows = decltype(count)::value;
    using Row = Eigen::Array<float, kWidth, 1>;
    Row sums[kRows];
    const float* x[kRows];
    for (int r = 0; r < kRows; ++r) {
      sums[r].setZero();
      x[r] = a.row(first + r);
    }
    for (int k = 0; k < a.cols; ++k) {
      const Row y = Eigen::Map<const Row>(b.row(k));
      for (int r = 0; r < kRows; ++r) sums[r] += x[r][k] * y;
    }
    for (int r = 0; r < kRows; ++r) {
      Eigen::Map<Row> out(c.row(first + r));
      if (add)
        out += sums[r];
      else
        out = sums[r];
    }
  };
  int m = 0;
  for (; m + kTogether <= a.rows; m += kTogether) rows_at(m, std::integral_constant<int, kTogether>());
  for (; m < a.rows; ++m) rows_at(m, std::integral_constant<int, 1>());
}

}  // namespace tabjoule
