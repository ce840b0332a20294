#include "kernel/features.h"

#include <cmath>

#include "base/error.h"

namespace tabjoule {
namespace {

/// A kernel's outputs as `count` matrices of `rows` by `cols`.
struct Outputs {
  double count, rows, cols;
};

Outputs outputs_of(const KernelKey& key) {
  const std::vector<double> at(key.shape.begin(), key.shape.end());
  switch (key.type) {
    case KernelType::linear:
      return {1, at[0], at[1]};
    case KernelType::batch_matmul:
      return {at[0], at[1], at[2]};
    case KernelType::attention:
      return {at[0] * at[1], at[2], at[4]};
    case KernelType::conv:
    case KernelType::dwconv:  // as a product a group: pixels times the group's outputs
      return {at[7], at[0] * std::ceil(at[3] / at[6]) * std::ceil(at[4] / at[6]), at[2] / at[7]};
    default:
      return {1, 1, 0};
  }
}

}  // namespace

KernelFeatures features_of(const KernelKey& key, const Tiling& tiling) {
  if (tiling.rows < 1 || tiling.cols < 1 || tiling.processors < 1)
    fail_usage("tiles of {} by {} on {} processors: give numbers from 1", tiling.rows, tiling.cols, tiling.processors);
  const KernelWork work = work_of(key);
  KernelFeatures features{work.flops, work.bytes_read + work.bytes_written, work.parameters, 0, 0, 0};
  if (features.bytes > 0) features.intensity = features.flops / features.bytes;
  const Outputs outputs = outputs_of(key);
  const auto rows = static_cast<double>(tiling.rows), cols = static_cast<double>(tiling.cols);
  if (outputs.cols > 0)
    features.tiles = outputs.count * std::ceil(outputs.rows / rows) * std::ceil(outputs.cols / cols);
  else  // no matrix: outputs in a row
    features.tiles = std::ceil(work.bytes_written / bytes_of(key.dtype) / (rows * cols));
  features.waves = std::ceil(features.tiles / static_cast<double>(tiling.processors));
  return features;
}

}  // namespace tabjoule
