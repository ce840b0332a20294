// Undoes a moving average: the power of each update period behind readings that average over several.
//
//   minimise  sum_k huber(mean of the last `window` cells - reading_k) + lambda sum_i |p_i - p_(i-1)|
//
// Total variation (Rudin, Osher and Fatemi 1992) prefers power that stays and then jumps, which is what a load does;
// Huber's loss lets single readings be wrong by much, as those of a sensor whose own sampling slipped are. Plain
// inversion, P(t) = P(t - W) + W dA/dt, copies each such reading into every later window. Solved by iteratively
// reweighted least squares on a band matrix: time O(cells * window^2).
#pragma once

#include <span>
#include <vector>

namespace tabjoule {

struct Deconvolution {
  std::vector<double> power_w;     ///< one a cell; never negative
  std::vector<double> residual_w;  ///< what the cells' mean misses each reading by
};

/// `readings_w` (N): reading k is the mean of the cells that end with cell k + ceil(window_cells) - 1, the oldest one
/// counted for its part only; NaN where there is none. Returns N + ceil(window_cells) - 1 cells. window_cells >= 1.
[[nodiscard]] Deconvolution deconvolve(std::span<const double> readings_w, double window_cells);

}  // namespace tabjoule
