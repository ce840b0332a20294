#include "predict/core_product.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "base/random.h"
#include "predict/levenberg_marquardt.h"

namespace tabjoule {
namespace {

/// Rows and columns of the output that registers hold; the panels that columns are padded to.
struct RegisterBlock {
  double rows, columns, panel;
};
// MLAS: 12 x 32 in panels of 16 with AVX-512, 6 x 16 with AVX2; XNNPACK, ruy and others on ARM 4 to 8 x 8.
constexpr std::array<RegisterBlock, 3> kRegisterBlocks{{{.rows = 6, .columns = 16, .panel = 16},
                                                        {.rows = 12, .columns = 32, .panel = 16},
                                                        {.rows = 8, .columns = 8, .panel = 8}}};
constexpr double kDepth = 256;  // of k: what is summed up before outputs are written and read again

double padded(double size, double step, double share) { return size + share * (std::ceil(size / step) * step - size); }

/// `bytes` where a cache is far too small for them, nothing where it is far larger.
double beyond_cache(double bytes, double cache_bytes) {
  const double ratio = cache_bytes / bytes, square = ratio * ratio;
  return bytes / (1 + square * square);
}

double fourth(double value) { return value * value * value * value; }

/// A core as its parameters make it.
struct Core {
  // In the unit of cost; of an element, a step and so on, where nothing else is said.
  enum Parameter : std::size_t {
    kCall,
    kRowsCall,     // more, of a product of more than one row
    kBatchesCall,  // likewise of more than one product
    kProduct,      // of a batch, but the first
    kRow,
    kColumn,
    kStep,  // of k
    kBlock,
    kMultiply,       // a multiplication and addition
    kLatency,        // of an addition, a step of k and a block of columns
    kLoad,           // of a weight from the first cache, a block of rows
    kLoadBeyond1,    // more, where weights are more than the first cache holds
    kLoadBeyond2,    // the second
    kLoadBeyond3,    // the last
    kCache1,         // bytes
    kCache2,         // bytes
    kCache3,         // bytes
    kFarPasses,      // through the weights that find them beyond the first cache
    kDeep,           // share by which arithmetic is dearer where k is large
    kDeepFrom,       // such a k
    kPart,           // an output, of each further kDepth of k
    kWeight,         // once, of each
    kInput,          // element
    kOutput,         // element
    kOutputBeyond1,  // more, beyond the first cache
    kActivation,     // an output on which something else is computed
    kBeyond2,        // an input or output beyond the second cache
    kBeyond3,        // the last
    kWindow,         // an input of a window
    kWindowBeyond2,  // more, where all windows are beyond the second cache
    kPadding,        // share of a padded column's cost
    kVectorPadding,  // likewise of one row
    kVector,         // share of a block of one row that a product of one row costs
    kParameterCount,
  };
  static_assert(kParameterCount == CoreProduct::kParameters);
  using Parameters = std::array<double, kParameterCount>;

  Core(const Parameters& logs, const RegisterBlock& registers) : block(registers) {
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = std::exp(logs[i]);
    // A share; and what is more than the whole would let costs fall where sizes grow.
    for (const std::size_t share : {kPadding, kVectorPadding, kVector}) p[share] = std::min(1.0, p[share]);
  }

  [[nodiscard]] double cost(const ProductShape& s) const {
    // Of two operands that come as they are, either can be the vector.
    const bool turned = s.n == 1 && !s.constant;
    const double m = turned ? 1 : s.m, n = turned ? s.m : s.n;
    const bool vector = m <= 1;
    const double weights = n * s.k, weight_bytes = s.element_bytes * s.batch * weights;
    const double far = (p[kLoadBeyond1] * beyond_cache(weight_bytes, p[kCache1]) +
                        p[kLoadBeyond2] * beyond_cache(weight_bytes, p[kCache2]) +
                        p[kLoadBeyond3] * beyond_cache(weight_bytes, p[kCache3])) /
                       weight_bytes;
    const double columns = padded(n, block.panel, p[vector ? kVectorPadding : kPadding]);
    const double blocks = std::ceil(n / block.columns);
    const double deep = s.k * s.k / (s.k * s.k + p[kDeepFrom] * p[kDeepFrom]);
    const double multiply = p[kMultiply] * (1 + 2 * p[kDeep] * deep);
    const double waiting = fourth(p[kLatency] * blocks);
    const auto pass = [&](double rows, double load) {
      const double sum = waiting + fourth(rows * columns * multiply) + fourth(columns * load);
      return s.k * std::sqrt(std::sqrt(sum)) + p[kBlock] * blocks;
    };
    const double whole = std::floor(m / block.rows), rest = m - whole * block.rows;
    const double passes = std::ceil(m / block.rows),
                 far_passes = passes * (1 + p[kFarPasses]) / (passes + p[kFarPasses]);
    const double first = std::min(m, block.rows), first_near = pass(first, p[kLoad]);
    double product = far_passes * (pass(first, p[kLoad] + far) - first_near);
    if (whole > 0) product += whole * first_near;
    if (rest > 0) product += whole > 0 ? pass(rest, p[kLoad]) : first_near;
    if (vector) product *= p[kVector];
    product += p[kRow] * m + p[kColumn] * n + p[kStep] * s.k + p[kWeight] * weights +
               p[kPart] * m * n * (std::ceil(s.k / kDepth) - 1);
    if (s.window > 1) {
      const double windows = m * s.k;
      product += p[kWindow] * windows +
                 p[kWindowBeyond2] * beyond_cache(s.element_bytes * windows, p[kCache2]) / s.element_bytes;
    }
    const double outputs = s.batch * m * n, output_bytes = s.element_bytes * outputs;
    const double held_bytes = s.element_bytes * s.batch * m * (s.k + n);
    double sum = p[kCall] + s.batch * product + p[kProduct] * (s.batch - 1);
    if (!vector) sum += p[kRowsCall];
    if (s.batch > 1) sum += p[kBatchesCall];
    sum += p[kInput] * s.input_elements + (p[kOutput] + (s.activated ? p[kActivation] : 0)) * outputs;
    sum += (p[kOutputBeyond1] * (s.activated ? 2 : 1) * beyond_cache(output_bytes, p[kCache1]) +
            p[kBeyond2] * beyond_cache(held_bytes, p[kCache2]) + p[kBeyond3] * beyond_cache(held_bytes, p[kCache3])) /
           s.element_bytes;
    return sum;
  }

  RegisterBlock block;
  Parameters p{};
};

using CorePrior = NormalPrior<Core::kParameterCount>;

/// What cores are like, found on an AVX-512 server's core (MLAS) and a phone's. Scales come from the samples' extremes:
/// the cheapest of them, and the cheapest multiplication.
CorePrior prior_of(std::span<const CoreProduct::Sample> samples) {
  double least = std::numeric_limits<double>::infinity(), multiply = least;
  for (const auto& [shape, cost, weight] : samples) {
    least = std::min(least, cost);
    multiply = std::min(multiply, cost / (shape.batch * shape.m * shape.n * shape.k));
  }
  CorePrior prior;
  const auto set = [&](Core::Parameter parameter, double value, double spread) {
    prior.set(parameter, std::log(value), spread);
  };
  set(Core::kCall, 0.7 * least, 0.5);
  set(Core::kRowsCall, 0.1 * least, 1.5);
  set(Core::kBatchesCall, 0.1 * least, 1.5);
  set(Core::kProduct, 0.05 * least, 1.5);
  set(Core::kRow, 30 * multiply, 1.5);
  set(Core::kColumn, 10 * multiply, 1.5);
  set(Core::kStep, 20 * multiply, 1.5);
  set(Core::kBlock, 300 * multiply, 1);
  set(Core::kMultiply, 0.9 * multiply, 0.3);
  set(Core::kLatency, 60 * multiply, 1);
  set(Core::kLoad, 2 * multiply, 1);
  set(Core::kLoadBeyond1, multiply, 1);
  set(Core::kLoadBeyond2, 4 * multiply, 1);
  set(Core::kLoadBeyond3, 6 * multiply, 1);
  set(Core::kCache1, 48e3, 0.7);
  set(Core::kCache2, 1e6, 0.7);
  set(Core::kCache3, 8e6, 0.7);
  set(Core::kFarPasses, 3, 1.2);
  set(Core::kDeep, 0.1, 1);
  set(Core::kDeepFrom, 500, 0.7);
  set(Core::kPart, 4 * multiply, 1.5);
  set(Core::kWeight, multiply, 1.5);
  set(Core::kInput, 2 * multiply, 1.5);
  set(Core::kOutput, 3 * multiply, 1.5);
  set(Core::kOutputBeyond1, 4 * multiply, 1.5);
  set(Core::kActivation, 3 * multiply, 1);
  set(Core::kBeyond2, 4 * multiply, 1.5);
  set(Core::kBeyond3, 4 * multiply, 1.5);
  set(Core::kWindow, 6 * multiply, 1);
  set(Core::kWindowBeyond2, 6 * multiply, 1);
  set(Core::kPadding, 1, 0.5);
  set(Core::kVectorPadding, 0.7, 0.7);
  set(Core::kVector, 0.7, 0.7);
  return prior;
}

}  // namespace

CoreProduct CoreProduct::fit(std::span<const Sample> samples, const CoreProduct* near) {
  constexpr double kTypicalError = 0.05;  // of the model: what lies farther off counts less
  constexpr std::size_t kMostSamples = 300;
  constexpr int kFirstSteps = 10, kSteps = 30, kNearSteps = 8;
  const CorePrior prior = prior_of(samples);
  std::vector<Sample> chosen(samples.begin(), samples.end());
  Rng(chosen.size()).keep_some(chosen, kMostSamples);
  const auto errors_with = [&](std::size_t block) {
    return [&, block](const Eigen::VectorXd& z) {
      const Core core(prior.at(z), kRegisterBlocks[block]);
      Eigen::VectorXd errors(static_cast<Eigen::Index>(chosen.size()) + z.size());
      Eigen::Index next = 0;
      for (const auto& [shape, cost, weight] : chosen)
        errors(next++) = std::sqrt(weight) * bent_residual(std::log(core.cost(shape) / cost), kTypicalError);
      errors.tail(z.size()) = z;
      return errors;
    };
  };
  CoreProduct best;
  Eigen::VectorXd z = Eigen::VectorXd::Zero(kParameters);
  if (near != nullptr) {
    best.block_ = near->block_;
    z = prior.distance(near->parameters_);
    descend(errors_with(best.block_), z, kNearSteps);
  } else {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t block = 0; block < kRegisterBlocks.size(); ++block) {
      Eigen::VectorXd point = Eigen::VectorXd::Zero(kParameters);
      const double error = descend(errors_with(block), point, kFirstSteps);
      if (!(error < least)) continue;
      least = error;
      best.block_ = block;
      z = std::move(point);
    }
    descend(errors_with(best.block_), z, kSteps);
  }
  best.parameters_ = prior.at(z);
  return best;
}

double CoreProduct::predict(const ProductShape& shape) const {
  return Core(parameters_, kRegisterBlocks[block_]).cost(shape);
}

}  // namespace tabjoule
