#include "predict/predictor.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/thread_pool.h"
#include "predict/accuracy.h"
#include "predict/crowding.h"
#include "predict/type_model.h"

namespace tabjoule {
namespace {

// A lone measurement's own uncertainty: the width at which measure() refuses one.
constexpr double kLoneSampleError = 0.15;

bool positive(double value) { return std::isfinite(value) && value > 0; }

bool positive_or_unknown(double value) { return value == 0 || positive(value); }

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
      const bool told = sample.time_s != 0 || sample.energy_j != 0;
      if (!told || !positive_or_unknown(sample.time_s) || !positive_or_unknown(sample.energy_j) ||
          !positive(sample.weight))
        fail_input(
            "{}: time, energy and weight must be positive and finite, they are {} s, {} J and {}; remove the row or "
            "measure it again",
            sample.key.text(), sample.time_s, sample.energy_j, sample.weight);
    });
  }
}

/// Between the two middle ones, in the logarithm; 0 without values.
double log_median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return std::sqrt(values[(values.size() - 1) / 2] * values[values.size() / 2]);
}

/// The median of repeated measurements of one and the same thing.
Prediction median_of(std::span<const KernelSample* const> samples) {
  std::vector<double> energies_j, times_s;
  for (const KernelSample* sample : samples) {
    if (sample->energy_j > 0) energies_j.push_back(sample->energy_j);
    if (sample->time_s > 0) times_s.push_back(sample->time_s);
  }
  const auto low = [](double middle, const std::vector<double>& values) {
    return values.empty() ? 0
                          : std::min(*std::min_element(values.begin(), values.end()), middle * (1 - kLoneSampleError));
  };
  const auto high = [](double middle, const std::vector<double>& values) {
    return values.empty() ? 0
                          : std::max(*std::max_element(values.begin(), values.end()), middle * (1 + kLoneSampleError));
  };
  Prediction prediction;
  prediction.energy_j = log_median(energies_j);
  prediction.energy_low_j = low(prediction.energy_j, energies_j);
  prediction.energy_high_j = high(prediction.energy_j, energies_j);
  prediction.time_s = log_median(times_s);
  prediction.time_low_s = low(prediction.time_s, times_s);
  prediction.time_high_s = high(prediction.time_s, times_s);
  prediction.known = !energies_j.empty();
  prediction.time_known = !times_s.empty();
  return prediction;
}

/// Kernels that the device launches: all but the session.
int kernel_count(const KernelGraph& graph) {
  const auto launched = [](const Kernel& kernel) { return kernel.key.type != KernelType::session; };
  return static_cast<int>(std::count_if(graph.kernels.begin(), graph.kernels.end(), launched));
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
  const double slower = alone.time_s > 0 ? cost.time_s / alone.time_s : 1;
  alone.time_s *= slower;
  alone.time_low_s *= slower;
  alone.time_high_s *= slower;
  return alone;
}

/// How far a sum of predictions may be off.
struct ErrorSum {
  double below = 0, above = 0;
};

/// The kernels of a type share one model, so they err together: their errors are added. Those of different types
/// are taken as independent: their sums are added in squares.
ErrorSum joined(const PerType<ErrorSum>& by_type) {
  ErrorSum sum;
  for (const ErrorSum& error : by_type) {
    sum.below += error.below * error.below;
    sum.above += error.above * error.above;
  }
  return {std::sqrt(sum.below), std::sqrt(sum.above)};
}

/// Joules or seconds of a model's kernels, by their types.
struct TypeSums {
  PerType<double> costs;
  PerType<ErrorSum> errors;

  void add(KernelType type, double value, double low, double high) {
    costs[type] += value;
    errors[type].below += value - low;
    errors[type].above += high - value;
  }
};

struct ModelSums {
  TypeSums energies, times;
};

ModelSums sums_of(std::span<const KernelPrediction> kernels) {
  ModelSums sums;
  for (const auto& [kernel, p] : kernels) {
    sums.energies.add(kernel.key.type, p.energy_j, p.energy_low_j, p.energy_high_j);
    sums.times.add(kernel.key.type, p.time_s, p.time_low_s, p.time_high_s);
  }
  return sums;
}

/// From the sum of the kernels to the model. What whole models were wrong by holds the errors of their kernels too.
void correct(double& value, double& low, double& high, const TypeSums& sums, const ModelCorrection& correction,
             int kernels) {
  const ErrorSum error = joined(sums.errors);
  low = std::max(0.0, value - error.below);
  high = value + error.above;
  if (!correction.fitted) return;
  value = correction.apply(sums.costs, kernels);
  low = value * std::exp(-correction.log_error);
  high = value * std::exp(correction.log_error);
}

}  // namespace

/// Costs in one data type say nothing of those in another.
struct Predictor::State {
  std::map<TypeKey, TypeModel> models;
  /// Kernels known by their own measurements alone: the session, and types with too few samples to fit.
  std::map<KernelKey, Prediction> alone;
  KernelKey session{KernelType::session, {}, ""};
  Crowding crowding;
  ModelCorrection energy_correction, time_correction;
  PredictorAccuracy accuracy;
};

Predictor::Predictor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

Predictor Predictor::fit(const DeviceProfile& profile, int threads, FewSamples few) {
  check_samples(profile.samples);
  std::map<TypeKey, std::vector<const KernelSample*>> by_type;
  for (const KernelSample& sample : profile.samples) by_type[type_key(sample.key)].push_back(&sample);
  ThreadPool pool(threads);
  auto state = std::make_unique<State>();
  std::vector<HeldOut> held_out;
  for (const auto& [type_key, samples] : by_type) {
    const KernelType type = type_key.first;
    if (type == KernelType::session || type == KernelType::unknown || samples.size() < kFewestSamplesOfType) {
      std::map<KernelKey, std::vector<const KernelSample*>> by_key;
      for (const KernelSample* sample : samples) by_key[sample->key].push_back(sample);
      for (const auto& [key, same] : by_key) state->alone[key] = median_of(same);
      if (type == KernelType::session) state->session = samples.front()->key;
      continue;
    }
    const TypeModel& model =
        state->models.emplace(type_key, TypeModel::fit(samples, profile.processors, pool)).first->second;
    held_out.insert(held_out.end(), model.held_out().begin(), model.held_out().end());
  }
  if (state->models.empty() && few == FewSamples::refuse)
    fail_input("the profile has {} samples, no kernel type has the {} needed to fit it: measure more",
               profile.samples.size(), kFewestSamplesOfType);
  state->crowding = Crowding(profile.crowding);
  if (!held_out.empty()) state->accuracy = accuracy_of(held_out);
  Predictor predictor(std::move(state));
  predictor.fit_corrections(profile);
  return predictor;
}

/// Measured models beside the sums of their kernels; those with unknown kernels say nothing.
void Predictor::fit_corrections(const DeviceProfile& profile) {
  std::vector<SummedModel> energies, times;
  for (const ModelSample& model : profile.models) {
    KernelGraph graph;
    for (const KernelKey& key : model.kernels) graph.kernels.push_back({key, {}});
    const ModelPrediction sum = with_context(fmt::format("model \"{}\"", model.name), [&] { return predict(graph); });
    if (sum.unknown > 0) continue;
    const ModelSums sums = sums_of(sum.kernels);
    const int kernels = kernel_count(graph);
    energies.push_back({sums.energies.costs, model.energy_j, kernels});
    if (sum.time_per_batch_s > 0) times.push_back({sums.times.costs, model.time_s, kernels});
  }
  state_->energy_correction = fit_model_correction(energies);
  state_->time_correction = fit_model_correction(times);
}

Prediction Predictor::predict(const KernelKey& key) const {
  const auto model = state_->models.find(type_key(key));
  if (model != state_->models.end()) {
    check_sizes(key);
    return model->second.predict(key);
  }
  const auto alone = state_->alone.find(key);
  if (alone != state_->alone.end()) return alone->second;
  Prediction nothing;
  nothing.known = false;
  nothing.time_known = false;
  return nothing;
}

ModelPrediction Predictor::predict(const KernelGraph& graph) const {
  ModelPrediction model;
  const auto is_session = [](const Kernel& kernel) { return kernel.key.type == KernelType::session; };
  if (std::none_of(graph.kernels.begin(), graph.kernels.end(), is_session))
    model.kernels.push_back({{state_->session, {}}, predict(state_->session)});
  double weight_bytes = 0;
  for (const Kernel& kernel : graph.kernels) weight_bytes += crowded_bytes(kernel.key);
  std::map<KernelKey, Prediction> once;  // the blocks of a network are alike
  for (const Kernel& kernel : graph.kernels) {
    auto found = once.find(kernel.key);
    if (found == once.end())
      found = once.emplace(kernel.key, crowded(predict(kernel.key), kernel.key, weight_bytes, state_->crowding)).first;
    model.kernels.push_back({kernel, found->second});
  }

  for (const auto& [kernel, prediction] : model.kernels) {
    model.unknown += prediction.known ? 0 : 1;
    model.extrapolated += prediction.extrapolated ? 1 : 0;
    model.energy_per_batch_j += prediction.energy_j;
    model.time_per_batch_s += prediction.time_s;
  }
  const ModelSums sums = sums_of(model.kernels);
  const int kernels = kernel_count(graph);
  model.corrected = state_->energy_correction.fitted;
  correct(model.energy_per_batch_j, model.energy_low_per_batch_j, model.energy_high_per_batch_j, sums.energies,
          state_->energy_correction, kernels);
  correct(model.time_per_batch_s, model.time_low_per_batch_s, model.time_high_per_batch_s, sums.times,
          state_->time_correction, kernels);
  return model;
}

const Crowding& Predictor::crowding() const { return state_->crowding; }

const ModelCorrection& Predictor::energy_correction() const { return state_->energy_correction; }

const ModelCorrection& Predictor::time_correction() const { return state_->time_correction; }

const PredictorAccuracy& Predictor::accuracy() const { return state_->accuracy; }

}  // namespace tabjoule
