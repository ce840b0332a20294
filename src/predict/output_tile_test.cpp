#include "predict/output_tile.h"

#include <gtest/gtest.h>

#include <string>

namespace tabjoule::output_tile_test {
namespace {

std::string tile_of(const char* implementation) {
  const auto tile = output_tile_of(implementation);
  return tile ? std::to_string(tile->first) + "x" + std::to_string(tile->second) : "";
}

TEST(OutputTile, IsReadOffTheNamesThatLibrariesGive) {
  EXPECT_EQ(tile_of("cutlass_tensorop_f16_s16816gemm_f16_256x128_64x3_tn_align8"), "256x128");
  EXPECT_EQ(tile_of("ampere_fp16_s16816gemm_fp16_128x64_ldg8_f2f_stages_64x3_tn"), "128x64");
  EXPECT_EQ(tile_of("sm80_xmma_gemm_f16f16_f16f16_f16_tn_n_tilesize96x64x32_stage3_warpsize2x2x1_tensor16x8x16"),
            "96x64");
  EXPECT_EQ(tile_of("cutlass3x_sm90_tensorop_s64x256x16gemm_bf16_bf16_f32_128x256x64_2x1x1_0_tnn"), "128x256");
  EXPECT_EQ(tile_of("nvjet_hsh_64x8_64x16_4x1_v_bz_TNT"), "64x8");
  EXPECT_EQ(tile_of("128x128"), "128x128");
}

TEST(OutputTile, IsNoOtherPairOfNumbers) {
  for (const char* name : {"", "_", "gemv_kernel", "stages_4x3", "2x1x1_tn", "warpsize2x2x1", "128x", "x128", "128",
                           "99999999999999999999x128", "4096x128", "-64x64", "a128x128", "128 x128"})
    EXPECT_EQ(tile_of(name), "") << name;
}

}  // namespace
}  // namespace tabjoule::output_tile_test
