// The exponential, in a form that compilers turn into vector code.
#pragma once

#include <bit>
#include <cstdint>

namespace tabjoule {

/// exp(x) for x <= 0 to 2 units in the last place, 0 below -87; std::exp would not be
/// vector code. x = n ln 2 + r; the polynomial in r is that of Cephes' expf.
inline float exp_of_nonpositive(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  const float shifted = x * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = x - n * kLn2High - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  const float mantissa = p * r * r + r + 1;
  const float power = std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127U) << 23U);  // 2^n
  return x < -87.0F ? 0.0F : mantissa * power;
}

}  // namespace tabjoule
