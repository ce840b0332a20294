#include "predict/type_model.h"

#include <algorithm>
#include <cmath>

namespace tabjoule {
namespace {

CostRows rows_with(std::span<const KernelSample* const> samples, const std::vector<int>& folds,
                   double KernelSample::*cost) {
  CostRows rows;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const KernelSample* sample = samples[i];
    if (!(sample->*cost > 0)) continue;
    rows.keys.push_back(sample->key);
    rows.target.push_back(sample->*cost);
    rows.weight.push_back(sample->weight);
    rows.folds.push_back(folds[i]);
    rows.tiles.push_back(output_tile_of(sample->implementation));
  }
  const auto told = [](const std::optional<OutputTile>& tile) { return tile.has_value(); };
  if (std::none_of(rows.tiles.begin(), rows.tiles.end(), told)) rows.tiles.clear();
  return rows;
}

/// Of times and energies; nothing of what is no product.
struct ProductsOf {
  std::optional<ProductCosts> time, energy;
};

template <class Machine>
struct Machines {
  Machine all;                   ///< of all samples
  std::vector<Machine> without;  ///< of those outside each fold, begun at that of all
};

/// `fit`: of samples and where to begin, null for nowhere. Folds that hold no sample, or all, change nothing.
template <class Machine, class Fit>
Machines<Machine> fit_machines(const std::vector<typename Machine::Sample>& samples, const std::vector<int>& folds,
                               const Fit& fit, ThreadPool& pool) {
  const Machine all = fit(samples, nullptr);
  Machines<Machine> machines{all, std::vector<Machine>(kFolds, all)};
  pool.run(kFolds, [&](int fold) {
    std::vector<typename Machine::Sample> chosen;
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (folds[i] != fold) chosen.push_back(samples[i]);
    if (!chosen.empty() && chosen.size() < samples.size())
      machines.without[static_cast<std::size_t>(fold)] = fit(chosen, &all);
  });
  return machines;
}

/// Both costs together.
ProductsOf fit_gpu(std::span<const KernelSample* const> samples, const std::vector<int>& folds, int processors,
                   ThreadPool& pool) {
  std::vector<TiledProduct::Sample> products;
  for (const KernelSample* sample : samples)
    products.push_back({*product_shape(sample->key),
                        {sample->time_s, sample->energy_j},
                        sample->weight,
                        output_tile_of(sample->implementation)});
  const auto fit = [&](const auto& chosen, const TiledProduct* near) {
    return TiledProduct::fit(chosen, processors, near);
  };
  const auto machines = fit_machines<TiledProduct>(products, folds, fit, pool);
  const auto cost = [&](double TiledProduct::Costs::*which) {
    ProductCosts costs{ProductCost(TiledCost{machines.all, which}), {}};
    for (const TiledProduct& product : machines.without) costs.without.emplace_back(TiledCost{product, which});
    return costs;
  };
  return {cost(&TiledProduct::Costs::time_s), cost(&TiledProduct::Costs::energy_j)};
}

ProductCosts fit_core(const CostRows& rows, ThreadPool& pool) {
  std::vector<CoreProduct::Sample> products;
  for (std::size_t i = 0; i < rows.keys.size(); ++i)
    products.push_back({*product_shape(rows.keys[i]), rows.target[i], rows.weight[i]});
  const auto fit = [](const auto& chosen, const CoreProduct* near) { return CoreProduct::fit(chosen, near); };
  const auto machines = fit_machines<CoreProduct>(products, rows.folds, fit, pool);
  ProductCosts costs{ProductCost(machines.all), {}};
  for (const CoreProduct& core : machines.without) costs.without.emplace_back(core);
  return costs;
}

std::optional<CalibratedCost> fit_cost(const Terms& terms, const CostRows& rows,
                                       const std::optional<ProductCosts>& products, ThreadPool& pool) {
  if (rows.keys.empty()) return {};
  return CalibratedCost::fit(terms, rows, products ? &*products : nullptr, pool);
}

double log_size(std::int64_t size) { return std::log2(1 + static_cast<double>(size)); }

}  // namespace

TypeModel TypeModel::fit(std::span<const KernelSample* const> samples, std::optional<int> processors,
                         ThreadPool& pool) {
  std::vector<KernelKey> keys;
  for (const KernelSample* sample : samples) keys.push_back(sample->key);
  const KernelType type = keys.front().type;
  const std::vector<int> folds = make_folds(keys);
  const CostRows time = rows_with(samples, folds, &KernelSample::time_s);
  const CostRows energy = rows_with(samples, folds, &KernelSample::energy_j);
  const CostRows& more = time.keys.size() > energy.keys.size() ? time : energy;
  if (!processors) processors = find_processors(type, more, pool);
  TypeModel model(Terms(type, keys, *processors));
  ProductsOf products;
  if (product_shape(keys.front()) && *processors > 0) products = fit_gpu(samples, folds, *processors, pool);
  if (product_shape(keys.front()) && *processors == 0) {
    if (!time.keys.empty()) products.time = fit_core(time, pool);
    if (!energy.keys.empty()) products.energy = fit_core(energy, pool);
  }
  model.time_ = fit_cost(model.terms_, time, products.time, pool);
  model.energy_ = fit_cost(model.terms_, energy, products.energy, pool);
  for (std::size_t i = 0; i < energy.keys.size(); ++i)
    model.held_out_.push_back(
        {energy.target[i], model.energy_->held_out()[i], work_of(energy.keys[i]).flops, energy.folds[i]});
  for (std::size_t d = 0; d < keys.front().shape.size(); ++d) {
    const auto smaller = [d](const KernelKey& a, const KernelKey& b) { return a.shape[d] < b.shape[d]; };
    const auto [low, high] = std::minmax_element(keys.begin(), keys.end(), smaller);
    model.low_.push_back(log_size(low->shape[d]));
    model.high_.push_back(log_size(high->shape[d]));
  }
  return model;
}

double TypeModel::octaves_outside(const KernelKey& key) const {
  double octaves = 0;
  for (std::size_t d = 0; d < low_.size(); ++d) {
    const double size = log_size(key.shape[d]);
    octaves += std::max(0.0, low_[d] - size) + std::max(0.0, size - high_[d]);
  }
  return octaves;
}

Prediction TypeModel::predict(const KernelKey& key) const {
  Prediction prediction;
  const double octaves = octaves_outside(key);
  const bool new_variant = !terms_.knows_variant(key.variant);
  prediction.extrapolated = octaves > 0 || new_variant;
  // Cross-validation says nothing about shapes outside: a rule of thumb, one more error per octave.
  const double widened = 1 + octaves + (new_variant ? 1 : 0);
  prediction.known = energy_.has_value();
  prediction.time_known = time_.has_value();
  if (energy_) {
    const CalibratedCost::Value energy = energy_->predict(terms_, key, widened);
    prediction.energy_j = energy.value;
    prediction.energy_low_j = energy.low;
    prediction.energy_high_j = energy.high;
  }
  if (time_) {
    const CalibratedCost::Value time = time_->predict(terms_, key, widened);
    prediction.time_s = time.value;
    prediction.time_low_s = time.low;
    prediction.time_high_s = time.high;
  }
  return prediction;
}

}  // namespace tabjoule
