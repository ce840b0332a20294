// What predictors derive from a kernel's key (docs/kernel-types.md, "Derived features").
#pragma once

#include "kernel/kernel.h"

namespace tabjoule {

/// How a device cuts its work: tiles of `rows` by `cols` outputs, `processors` of them at a time.
struct Tiling {
  std::int64_t rows = 128;
  std::int64_t cols = 128;
  std::int64_t processors = 1;
};

/// Per run of the kernel, all its rows.
struct KernelFeatures {
  double flops = 0;
  double bytes = 0;  ///< read and written
  double parameters = 0;
  double intensity = 0;  ///< FLOPs a byte; 0 where no byte is moved
  double tiles = 0;
  double waves = 0;  ///< tiles over processors, rounded up
};

/// Errors (usage): a tiling with a value below 1.
[[nodiscard]] KernelFeatures features_of(const KernelKey& key, const Tiling& tiling = {});

}  // namespace tabjoule
