// Loops over elements that compilers make vector code of, and sums over rows.
#pragma once

#include <Eigen/Core>

namespace tabjoule {

/// Calls body(0) .. body(size - 1). The calls may not depend on each other: what one writes, no other one reads. Work
/// in place, where one call reads and writes the same element, is fine; without the promise it would not be vectorised.
template <class Body>
inline void vector_loop(int size, const Body& body) {
#if defined(__clang__)
#pragma clang loop vectorize(assume_safety)
#elif defined(__GNUC__)
#pragma GCC ivdep
#endif
  for (int e = 0; e < size; ++e) body(e);
}

/// A row as an Eigen array: its sums are vector code, in an order that is the same on every run.
inline Eigen::Map<const Eigen::ArrayXf> row_array(const float* row, int cols) { return {row, cols}; }
inline Eigen::Map<Eigen::ArrayXf> row_array(float* row, int cols) { return {row, cols}; }

}  // namespace tabjoule
