#include "nn/adamw.h"

#include <cmath>

namespace tabjoule {
namespace {

void update_row(float* __restrict value, float* __restrict m, float* __restrict v, const float* __restrict gradient,
                int cols, const AdamWStep& k) {
  for (int c = 0; c < cols; ++c) {
    const float g = gradient[c];
    m[c] = k.beta1 * m[c] + k.one_minus_beta1 * g;
    v[c] = k.beta2 * v[c] + k.one_minus_beta2 * g * g;
    value[c] = value[c] * k.decay - k.rate * m[c] / (std::sqrt(v[c]) * k.second_correction + k.epsilon);
  }
}

}  // namespace

AdamWStep adamw_begin(Parameter& parameter, const AdamWOptions& options) {
  if (parameter.first_moment.size() == 0) {
    parameter.first_moment = Matrix::Zero(parameter.value.rows(), parameter.value.cols());
    parameter.second_moment = parameter.first_moment;
  }
  const auto t = static_cast<double>(++parameter.updates);
  return {static_cast<float>(options.beta1),
          static_cast<float>(options.beta2),
          static_cast<float>(1 - options.beta1),
          static_cast<float>(1 - options.beta2),
          static_cast<float>(options.learning_rate / (1 - std::pow(options.beta1, t))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(options.beta2, t))),
          static_cast<float>(options.epsilon),
          static_cast<float>(parameter.decay ? 1 - options.learning_rate * options.weight_decay : 1.0)};
}

void adamw_update(Parameter& parameter, int row, int col, ConstBlock gradient, const AdamWStep& step) {
  const Block value = block(parameter.value);
  const Block m = block(parameter.first_moment);
  const Block v = block(parameter.second_moment);
  for (int r = 0; r < gradient.rows; ++r)
    update_row(value.row(row + r) + col, m.row(row + r) + col, v.row(row + r) + col, gradient.row(r), gradient.cols,
               step);
}

}  // namespace tabjoule
