#include "predict/kernel_table.h"

#include <algorithm>
#include <functional>

namespace tabjoule {

std::size_t KernelKeyHash::operator()(const KernelKey& key) const {
  std::uint64_t hash = std::hash<std::string>{}(key.variant) ^ static_cast<std::uint64_t>(key.type) ^
                       (static_cast<std::uint64_t>(key.dtype) << 8);
  for (const std::int64_t size : key.shape) {
    hash = (hash ^ static_cast<std::uint64_t>(size)) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32;
  }
  return hash;
}

EnergyTable::EnergyTable(const Predictor& predictor) : predictor_(predictor) {
  const Prediction session = predictor.predict(KernelGraph{}).kernels.front().prediction;
  session_ = {session.energy_j, session.time_s, session.known ? 0 : 1};
}

const EnergyTable::Entry& EnergyTable::entry(const KernelKey& key) {
  const auto place = known_.find(key);
  if (place != known_.end()) return place->second;
  const Prediction prediction = predictor_.predict(key);
  Entry made{.cost = {prediction.time_s, prediction.energy_j}, .unknown = prediction.known ? 0 : 1, .as_measured = {}};
  if (prediction.known) made.bytes = crowded_bytes(key);
  if (made.bytes > 0) {
    made.m = static_cast<double>(key.shape[0]);
    made.as_measured = predictor_.crowding().per_byte_as_measured(key);
  }
  return known_.emplace(key, made).first->second;
}

EnergySum EnergyTable::sum(const KernelGraph& graph) {
  const auto is_session = [](const Kernel& kernel) { return kernel.key.type == KernelType::session; };
  EnergySum sum;
  PerType<double> energies, times;
  if (std::none_of(graph.kernels.begin(), graph.kernels.end(), is_session)) {
    energies[KernelType::session] = session_.energy_per_batch_j;
    times[KernelType::session] = session_.time_per_batch_s;
    sum.unknown = session_.unknown;
  }
  double weight_bytes = 0;
  for (const Kernel& kernel : graph.kernels) weight_bytes += crowded_bytes(kernel.key);
  const std::lock_guard lock(mutex_);
  int launched = 0;
  double m = -1;  // the curve's value is the same for all kernels of as many rows: most of a network's
  Crowd here;
  for (const Kernel& kernel : graph.kernels) {
    const Entry& known = entry(kernel.key);
    Crowd cost = known.cost;
    if (known.bytes > 0) {
      if (known.m != m) here = predictor_.crowding().per_byte(m = known.m, weight_bytes);
      cost = adjusted(cost, known.bytes, here, known.as_measured);
    }
    energies[kernel.key.type] += cost.energy_j;
    times[kernel.key.type] += cost.time_s;
    sum.unknown += known.unknown;
    launched += kernel.key.type == KernelType::session ? 0 : 1;
  }
  sum.energy_per_batch_j = predictor_.energy_correction().apply(energies, launched);
  sum.time_per_batch_s = predictor_.time_correction().apply(times, launched);
  return sum;
}

std::size_t EnergyTable::size() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

}  // namespace tabjoule
