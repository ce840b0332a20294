// Random numbers that are the same on every machine: the generator and every distribution are ours, since
// the standard library's distributions differ between implementations.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

namespace tabjoule {

/// xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64. Not thread-safe: one a thread, made
/// with `split`.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) {
    for (auto& word : state_) word = splitmix(seed);
  }

  /// An independent generator for sub-stream `stream` (a shard, a path, a repetition); leaves this one as it is.
  [[nodiscard]] Rng split(std::uint64_t stream) const {
    return Rng(state_[0] ^ (state_[2] + 0x9E3779B97F4A7C15ULL * (stream + 1)));
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Uniform in 0 .. bound - 1 without bias; bound >= 1.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t limit = bound * (UINT64_MAX / bound);
    for (;;) {
      if (const std::uint64_t draw = next(); draw < limit) return draw % bound;
    }
  }

  /// An index drawn with these probabilities, which sum to 1.
  std::size_t pick(std::span<const double> probabilities) {
    double left = uniform();
    std::size_t i = 0;
    while (i + 1 < probabilities.size() && (left -= probabilities[i]) >= 0) ++i;
    return i;
  }

  /// Standard normal (Box-Muller, one of the pair).
  double normal() { return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * std::numbers::pi * uniform()); }

  /// Fisher-Yates.
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }
  /// Leaves `most` of the items, shuffled; all of them, as they are, where they are no more.
  template <class T>
  void keep_some(std::vector<T>& items, std::size_t most) {
    if (items.size() <= most) return;
    shuffle(std::span(items));
    items.resize(most);
  }

 private:
  static std::uint64_t splitmix(std::uint64_t& seed) {
    std::uint64_t z = (seed += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  static std::uint64_t rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

  std::uint64_t state_[4]{};
};

}  // namespace tabjoule
