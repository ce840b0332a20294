// The part of a matrix product that a GPU library computes at once, read off the name it gives to its code.
#pragma once

#include <optional>
#include <string_view>

namespace tabjoule {

/// In the order of the name: whether the first side lies along rows or columns of the output, libraries differ.
struct OutputTile {
  int first = 0, second = 0;
};

/// "256x128" of "cutlass_tensorop_f16_s16816gemm_f16_256x128_64x3_tn_align8" or "..._tilesize256x128x64_stage3_...":
/// the first two sizes from 8 that stand at the beginning of a part. Nothing where there are none.
[[nodiscard]] std::optional<OutputTile> output_tile_of(std::string_view implementation);

}  // namespace tabjoule
