#include "predict/product_shape.h"

#include <cmath>
#include <vector>

namespace tabjoule {

std::optional<ProductShape> product_shape(const KernelKey& key) {
  const std::vector<double> at(key.shape.begin(), key.shape.end());
  ProductShape shape;
  shape.element_bytes = bytes_of(key.dtype);
  shape.activated = !key.variant.empty();
  switch (key.type) {
    case KernelType::linear:
      shape.m = at[0];
      shape.n = at[1];
      shape.k = at[2];
      shape.input_elements = shape.m * shape.k;
      return shape;
    case KernelType::batch_matmul:
      shape.constant = false;
      shape.batch = at[0];
      shape.m = at[1];
      shape.n = at[2];
      shape.k = at[3];
      shape.input_elements = shape.batch * shape.m * shape.k;
      return shape;
    case KernelType::conv: {
      const double groups = at[7];
      shape.batch = groups;
      shape.m = at[0] * std::ceil(at[3] / at[6]) * std::ceil(at[4] / at[6]);
      shape.n = at[2] / groups;
      shape.k = at[5] * at[5] * at[1] / groups;
      shape.input_elements = at[0] * at[1] * at[3] * at[4];
      shape.window = at[5];
      return shape;
    }
    default:
      return {};
  }
}

}  // namespace tabjoule
