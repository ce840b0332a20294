#include "predict/predictor.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "predict/accuracy.h"
#include "predict/crowding.h"
#include "predict/type_model.h"

namespace tabjoule {
namespace {

constexpr std::size_t kFewestSamples = 5;
// A lone measurement's own uncertainty: the width at which measure() refuses one.
constexpr double kLoneSampleError = 0.15;

bool positive(double value) { return std::isfinite(value) && value > 0; }

void check_sizes(const KernelKey& key) {
  const auto& columns = kernel_columns(key.type);
  if (key.shape.size() != columns.size())
    fail_input("a {} kernel has {} sizes ({}), got {}", to_string(key.type), columns.size(), fmt::join(columns, ", "),
               key.shape.size());
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (key.shape[i] < 0) fail_input("{}: {} must not be negative", key.text(), columns[i]);
}

void check_samples(std::span<const KernelSample> samples) {
  if (samples.empty()) fail_input("the profile has no samples: run `tabjoule profile` first");
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const KernelSample& sample = samples[i];
    with_context(fmt::format("sample {}", i + 1), [&] {
      if (sample.key.type != KernelType::unknown) check_sizes(sample.key);
      if (!positive(sample.time_s) || !positive(sample.energy_j) || !positive(sample.weight))
        fail_input(
            "{}: time, energy and weight must be positive and finite, they are {} s, {} J and {}; remove the row or "
            "measure it again",
            sample.key.text(), sample.time_s, sample.energy_j, sample.weight);
    });
  }
}

/// Between the two middle ones, in the logarithm. values: not empty.
double log_median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return std::sqrt(values[(values.size() - 1) / 2] * values[values.size() / 2]);
}

/// The median of repeated measurements of one and the same thing.
Prediction median_of(std::span<const KernelSample* const> samples) {
  std::vector<double> energies_j, times_s;
  for (const KernelSample* sample : samples) {
    energies_j.push_back(sample->energy_j);
    times_s.push_back(sample->time_s);
  }
  Prediction prediction;
  prediction.energy_j = log_median(energies_j);
  prediction.time_s = log_median(times_s);
  const auto [low, high] = std::minmax_element(energies_j.begin(), energies_j.end());
  prediction.energy_low_j = std::min(*low, prediction.energy_j * (1 - kLoneSampleError));
  prediction.energy_high_j = std::max(*high, prediction.energy_j * (1 + kLoneSampleError));
  return prediction;
}

/// `alone` among `weight_bytes` of weights; the interval keeps its relative width.
Prediction crowded(Prediction alone, const KernelKey& key, double weight_bytes, const Crowding& crowding) {
  const double bytes = crowded_bytes(key);
  if (bytes == 0 || !alone.known) return alone;
  const Crowd cost =
      adjusted({alone.time_s, alone.energy_j}, bytes,
               crowding.per_byte(static_cast<double>(key.shape[0]), weight_bytes), crowding.per_byte_as_measured(key));
  const double factor = cost.energy_j / alone.energy_j;
  alone.energy_j = cost.energy_j;
  alone.energy_low_j *= factor;
  alone.energy_high_j *= factor;
  alone.time_s = cost.time_s;
  return alone;
}

}  // namespace

struct Predictor::State {
  std::map<KernelType, TypeModel> models;
  /// Kernels known by their own measurements alone: the session, and types with too few samples to fit.
  std::map<KernelKey, Prediction> alone;
  KernelKey session{KernelType::session, {}, ""};
  Crowding crowding;
  PredictorAccuracy accuracy;
};

Predictor::Predictor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

Predictor Predictor::fit(const DeviceProfile& profile) {
  check_samples(profile.samples);
  std::map<KernelType, std::vector<const KernelSample*>> by_type;
  for (const KernelSample& sample : profile.samples) by_type[sample.key.type].push_back(&sample);
  auto state = std::make_unique<State>();
  std::vector<HeldOut> held_out;
  for (const auto& [type, samples] : by_type) {
    if (type == KernelType::session || type == KernelType::unknown || samples.size() < kFewestSamples) {
      std::map<KernelKey, std::vector<const KernelSample*>> by_key;
      for (const KernelSample* sample : samples) by_key[sample->key].push_back(sample);
      for (const auto& [key, same] : by_key) state->alone[key] = median_of(same);
      if (type == KernelType::session) state->session = samples.front()->key;
      continue;
    }
    const TypeModel& model = state->models.emplace(type, TypeModel::fit(samples)).first->second;
    held_out.insert(held_out.end(), model.held_out().begin(), model.held_out().end());
  }
  if (state->models.empty())
    fail_input("the profile has {} samples, no kernel type has the {} needed to fit it: measure more",
               profile.samples.size(), kFewestSamples);
  state->crowding = Crowding(profile.crowding);
  state->accuracy = accuracy_of(held_out);
  return Predictor(std::move(state));
}

Prediction Predictor::predict(const KernelKey& key) const {
  const auto model = state_->models.find(key.type);
  if (model != state_->models.end()) {
    check_sizes(key);
    return model->second.predict(key);
  }
  const auto alone = state_->alone.find(key);
  if (alone != state_->alone.end()) return alone->second;
  Prediction nothing;
  nothing.known = false;
  return nothing;
}

ModelPrediction Predictor::predict(const KernelGraph& graph) const {
  ModelPrediction model;
  const auto is_session = [](const Kernel& kernel) { return kernel.key.type == KernelType::session; };
  if (std::none_of(graph.kernels.begin(), graph.kernels.end(), is_session))
    model.kernels.push_back({{state_->session, {}}, predict(state_->session)});
  double weight_bytes = 0;
  for (const Kernel& kernel : graph.kernels) weight_bytes += crowded_bytes(kernel.key);
  for (const Kernel& kernel : graph.kernels)
    model.kernels.push_back({kernel, crowded(predict(kernel.key), kernel.key, weight_bytes, state_->crowding)});

  // The kernels of a type share one model, so they err together: their errors are added. Those of different types
  // are taken as independent: their sums are added in squares.
  std::map<KernelType, std::pair<double, double>> error_j;  // below and above
  for (const auto& [kernel, prediction] : model.kernels) {
    model.unknown += prediction.known ? 0 : 1;
    model.extrapolated += prediction.extrapolated ? 1 : 0;
    model.energy_per_batch_j += prediction.energy_j;
    model.time_per_batch_s += prediction.time_s;
    error_j[kernel.key.type].first += prediction.energy_j - prediction.energy_low_j;
    error_j[kernel.key.type].second += prediction.energy_high_j - prediction.energy_j;
  }
  double below = 0;
  double above = 0;
  for (const auto& [type, error] : error_j) {
    below += error.first * error.first;
    above += error.second * error.second;
  }
  model.energy_low_per_batch_j = std::max(0.0, model.energy_per_batch_j - std::sqrt(below));
  model.energy_high_per_batch_j = model.energy_per_batch_j + std::sqrt(above);
  return model;
}

const Crowding& Predictor::crowding() const { return state_->crowding; }

const PredictorAccuracy& Predictor::accuracy() const { return state_->accuracy; }

}  // namespace tabjoule
