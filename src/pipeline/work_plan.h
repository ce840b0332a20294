// How much work each part of a run gets, in floating-point operations, so that a run repeats on a slow day; a time
// budget turns seconds into operations by the speed of this machine.
#pragma once

#include <span>
#include <vector>

#include "nn/training.h"
#include "space/search_space.h"

namespace tabjoule {

/// `total` cut up so that nobody gets more than it needs and those who get less than they need get the same.
[[nodiscard]] std::vector<double> shared_by_need(double total, std::span<const double> needs);

/// What `count` spaces get together where one gets `alone`: less than each by itself, since most of them cost less than
/// their share and the dearest one takes the rest.
[[nodiscard]] constexpr double for_spaces(double alone, std::size_t count) {
  return alone * (1 + static_cast<double>(count)) / 2;
}

/// What `flops` buys of training on `rows` rows: all of them where it lasts for at least `fewest_epochs`, else fewer
/// rows (1,024 at least), since a supernet that has seen part of the rows often is better than one that has seen all of
/// them once.
[[nodiscard]] std::size_t rows_for(double flops, double flops_per_row, std::size_t rows, int fewest_epochs);

/// Operations a second that training these networks reaches on this machine, forward and backward counted as three
/// forwards; found by a few steps, which take a tenth of a second.
[[nodiscard]] double training_speed(std::span<const Network> networks, const Samples& train, ThreadPool& pool);
/// Of a few random networks of the space.
[[nodiscard]] double training_speed(const SearchSpace& space, const NetworkShape& shape, const Samples& train,
                                    ThreadPool& pool);

}  // namespace tabjoule
