// Linear layers, convolutions and batched products are one thing to a device: `batch` products of (m, k) and (k, n).
#pragma once

#include <optional>

#include "kernel/kernel.h"

namespace tabjoule {

struct ProductShape {
  double batch = 1;
  double m = 1, n = 1, k = 1;
  double input_elements = 0;  ///< read as (m, k); a convolution's are fewer, since its windows overlap
  double window = 1;          ///< kernel width of a convolution
  double element_bytes = 4;
  bool activated = false;  ///< something else is computed of the output on the way
  bool constant = true;    ///< (k, n) are weights, which a library may lay out once as it likes them
};

/// Nothing for types that are no matrix product.
[[nodiscard]] std::optional<ProductShape> product_shape(const KernelKey& key);

}  // namespace tabjoule
