// Dropout without stored masks: whether an element is dropped is a function of its place alone, so that backward finds
// again what forward dropped, on any thread and in any order.
#pragma once

#include <cstdint>

namespace tabjoule {

/// 64 bits of `value`, mixed (splitmix64's finaliser).
constexpr std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

/// The mask of a run of elements, one row of a batch: element i is 0 with probability `rate`, else 1 / (1 - rate).
class DropoutMask {
 public:
  /// `stream`: the layer's in this step; `row`: which run of it.
  DropoutMask(std::uint64_t stream, std::uint64_t row, float rate)
      : threshold_(static_cast<std::uint32_t>(static_cast<double>(rate) * 0x1.0p32)), keep_(1 / (1 - rate)) {
    const std::uint64_t key = mixed(stream + 0x9E3779B97F4A7C15ULL * (row + 1));
    low_ = static_cast<std::uint32_t>(key);
    high_ = static_cast<std::uint32_t>(key >> 32);
  }

  /// A counter hashed in 32-bit steps, which compilers turn into vector code (the rounds are those of Wellons' hash
  /// "lowbias32", the key's halves come in before the first and the second).
  [[nodiscard]] float operator[](std::uint32_t element) const {
    std::uint32_t x = element * 0x9E3779B9U + low_;
    x ^= x >> 16U;
    x *= 0x7FEB352DU;
    x ^= x >> 15U;
    x += high_;
    x *= 0x846CA68BU;
    x ^= x >> 16U;
    x *= 0x7FEB352DU;
    x ^= x >> 15U;
    return x < threshold_ ? 0.0F : keep_;
  }

 private:
  std::uint32_t threshold_;
  float keep_;
  std::uint32_t low_ = 0, high_ = 0;
};

}  // namespace tabjoule
