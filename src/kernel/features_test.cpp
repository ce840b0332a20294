#include "kernel/features.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tabjoule::features_test {
namespace {

TEST(Features, TilesCoverTheOutputsAndWavesFillTheProcessors) {
  const Tiling tiling{64, 32, 10};
  const KernelFeatures linear = features_of({KernelType::linear, {65, 33, 7}, ""}, tiling);
  EXPECT_EQ(linear.tiles, 4);
  EXPECT_EQ(linear.waves, 1);
  EXPECT_EQ(features_of({KernelType::batch_matmul, {6, 64, 32, 8}, ""}, tiling).tiles, 6);
  EXPECT_EQ(features_of({KernelType::attention, {2, 3, 65, 128, 33, 3}, ""}, tiling).tiles, 2 * 3 * 2 * 2);
  // 2 images of 8x8 outputs, 40 channels
  EXPECT_EQ(features_of({KernelType::conv, {2, 3, 40, 16, 16, 3, 2, 1}, ""}, tiling).tiles, 2 * 2);
  EXPECT_EQ(features_of({KernelType::elementwise, {64 * 32 * 11, 1, 64 * 32 * 11}, "Relu"}, tiling).waves, 2);
}

TEST(Features, IntensityIsFlopsAByte) {
  const KernelKey key{KernelType::linear, {8, 16, 32}, "", DataType::float16};
  const KernelFeatures features = features_of(key);
  EXPECT_DOUBLE_EQ(features.bytes, 2.0 * (8 * 32 + 16 * 32 + 16 + 8 * 16));
  EXPECT_DOUBLE_EQ(features.intensity, features.flops / features.bytes);
  EXPECT_EQ(features_of({KernelType::session, {}, ""}).intensity, 0);
  EXPECT_THROW(static_cast<void>(features_of(key, {0, 1, 1})), Error);
}

}  // namespace
}  // namespace tabjoule::features_test
