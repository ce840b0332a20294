#include "predict/adapt.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "predict/evaluate.h"
#include "predict/type_model.h"

namespace tabjoule {
namespace {

constexpr std::size_t kFewestToAdapt = 3;
constexpr std::size_t kAdaptationFolds = 5;
// What the source must take off the error: a fold knows fewer samples than there are, which speaks for the source.
constexpr double kWorthAdapting = 0.85;
constexpr double kRidge = 0.3;  // prior: the ratio changes by e a factor of 2^(1/0.3) or less in any direction

/// A constant, then what a ratio of two devices may depend on: arithmetic, traffic and the sizes.
std::vector<double> directions(const KernelKey& key) {
  const KernelWork work = work_of(key);
  std::vector<double> row{1, std::log2(1 + work.flops), std::log2(1 + work.bytes_read + work.bytes_written)};
  for (const std::int64_t size : key.shape) row.push_back(std::log2(static_cast<double>(size)));
  return row;
}

/// log(new device / source), linear in centred directions, fitted by ridge regression whose constant is free.
class LogRatio {
 public:
  LogRatio(std::span<const KernelKey> keys, std::span<const double> log_ratios) {
    const auto rows = static_cast<Eigen::Index>(keys.size());
    Eigen::MatrixXd x(rows, static_cast<Eigen::Index>(directions(keys.front()).size()));
    for (Eigen::Index i = 0; i < rows; ++i) {
      const std::vector<double> row = directions(keys[static_cast<std::size_t>(i)]);
      x.row(i) = Eigen::Map<const Eigen::RowVectorXd>(row.data(), x.cols());
    }
    center_ = x.colwise().mean().transpose();
    center_(0) = 0;
    x.rowwise() -= center_.transpose();
    const Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(log_ratios.data(), rows);
    const double mean = y.mean();
    Eigen::MatrixXd gram = x.transpose() * x;
    for (Eigen::Index d = 1; d < gram.rows(); ++d) gram(d, d) += kRidge * static_cast<double>(rows);
    slope_ = gram.ldlt().solve(x.transpose() * (y.array() - mean).matrix());
    slope_(0) += mean;
  }

  [[nodiscard]] double operator()(const KernelKey& key) const {
    const std::vector<double> row = directions(key);
    return slope_.dot(Eigen::Map<const Eigen::VectorXd>(row.data(), slope_.size()) - center_);
  }

 private:
  Eigen::VectorXd center_, slope_;
};

/// The source's data type that stands for `key`'s: its own, else one of as many bytes, else any.
DataType stand_in(const DeviceProfile& source, const KernelKey& key) {
  std::optional<DataType> same_bytes, any;
  for (const KernelSample& sample : source.samples) {
    if (sample.key.type != key.type) continue;
    if (sample.key.dtype == key.dtype) return key.dtype;
    if (bytes_of(sample.key.dtype) == bytes_of(key.dtype)) same_bytes = sample.key.dtype;
    any = sample.key.dtype;
  }
  if (!any) fail_input("the profile has no samples of {}: nothing can be carried over", to_string(key.type));
  return same_bytes.value_or(*any);
}

struct Pairs {
  std::vector<KernelKey> keys;
  std::vector<double> source, target, log_ratio;
};

Pairs pairs_of(const Predictor& predictor, std::span<const KernelSample> samples, DataType dtype,
               double KernelSample::*cost) {
  Pairs pairs;
  for (const KernelSample& sample : samples) {
    KernelKey key = sample.key;
    key.dtype = dtype;
    const Prediction prediction = predictor.predict(key);
    const double predicted = cost == &KernelSample::energy_j ? prediction.energy_j : prediction.time_s;
    if (!(sample.*cost > 0) || !(predicted > 0)) continue;
    pairs.keys.push_back(sample.key);
    pairs.source.push_back(predicted);
    pairs.target.push_back(sample.*cost);
    pairs.log_ratio.push_back(std::log(sample.*cost / predicted));
  }
  return pairs;
}

/// Empty where fewer than 3 samples tell the cost.
std::optional<LogRatio> ratio_of(const Pairs& pairs, const std::string& name, const AdaptOptions& options) {
  if (pairs.keys.size() < kFewestToAdapt) return {};
  const double correlation = spearman(pairs.source, pairs.target);
  if (correlation < options.least_correlation)
    fail_input(
        "{}: source and samples do not correlate (Spearman {:.2f} over {} samples, {:.2f} is needed): fit the samples "
        "alone, or adapt another profile",
        name, correlation, pairs.keys.size(), options.least_correlation);
  return LogRatio(pairs.keys, pairs.log_ratio);
}

/// Some of the source's samples, as the new device would have measured them.
std::vector<KernelSample> scaled_samples(const DeviceProfile& source, const TypeKey& type, DataType dtype,
                                         const std::optional<LogRatio>& energy, const std::optional<LogRatio>& time,
                                         const AdaptOptions& options) {
  std::vector<const KernelSample*> chosen;
  for (const KernelSample& sample : source.samples)
    if (type_key(sample.key) == type) chosen.push_back(&sample);
  Rng(options.seed).shuffle(std::span(chosen));
  if (chosen.size() > options.most_transferred) chosen.resize(options.most_transferred);
  const double weight = options.transferred_weight / static_cast<double>(chosen.size());
  std::vector<KernelSample> result;
  for (const KernelSample* sample : chosen) {
    KernelSample scaled{sample->key, 0, 0, weight, "adapted from " + source.device};
    scaled.key.dtype = dtype;
    if (energy && sample->energy_j > 0) scaled.energy_j = sample->energy_j * std::exp((*energy)(scaled.key));
    if (time && sample->time_s > 0) scaled.time_s = sample->time_s * std::exp((*time)(scaled.key));
    if (scaled.energy_j > 0 || scaled.time_s > 0) result.push_back(std::move(scaled));
  }
  return result;
}

/// Mean absolute error, in the logarithm, of samples as predicted from the others and `beside`.
double left_out_error(std::span<const KernelSample> samples, std::span<const KernelSample> beside,
                      const std::vector<std::size_t>& folds, const AdaptOptions& options) {
  ThreadPool pool(1);
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t fold = 0; fold <= *std::max_element(folds.begin(), folds.end()); ++fold) {
    std::vector<const KernelSample*> others;
    for (const KernelSample& sample : beside) others.push_back(&sample);
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (folds[i] != fold) others.push_back(&samples[i]);
    const TypeModel model = TypeModel::fit(others, options.processors, pool);
    const auto add = [&](double predicted, double found) {
      if (!(predicted > 0) || !(found > 0)) return;
      sum += std::abs(std::log(predicted / found));
      ++count;
    };
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (folds[i] != fold) continue;
      const Prediction prediction = model.predict(samples[i].key);
      add(prediction.energy_j, samples[i].energy_j);
      add(prediction.time_s, samples[i].time_s);
    }
  }
  return count == 0 ? std::numeric_limits<double>::infinity() : sum / static_cast<double>(count);
}

/// Whether the source helps to predict samples from one another. Too few to tell: yes.
bool carries_over(std::span<const KernelSample> samples, std::span<const KernelSample> carried, const std::string& name,
                  const AdaptOptions& options) {
  if (samples.size() <= kFewestToAdapt) return true;
  // Of few samples each is left out alone.
  const std::size_t count = samples.size() < 2 * kAdaptationFolds ? samples.size() : kAdaptationFolds;
  std::vector<std::size_t> folds(samples.size());
  for (std::size_t i = 0; i < folds.size(); ++i) folds[i] = i % count;
  Rng(options.seed).shuffle(std::span(folds));
  const double alone = left_out_error(samples, {}, folds, options);
  const double with = left_out_error(samples, carried, folds, options);
  if (with < kWorthAdapting * alone) return true;
  if (options.notice)
    options.notice(
        fmt::format("{}: nothing is carried over: the {} samples predict one another to {:.1f} % alone, to "
                    "{:.1f} % with the source's beside them",
                    name, samples.size(), 100 * alone, 100 * with));
  return false;
}

void adapt_type(const DeviceProfile& source, const Predictor& predictor, std::span<const KernelSample> samples,
                const AdaptOptions& options, DeviceProfile& result) {
  const KernelKey& first = samples.front().key;
  const std::string name = text_of(type_key(first));
  if (samples.size() < kFewestToAdapt)
    fail_input("{}: {} samples, at least {} are needed to adapt a profile", name, samples.size(), kFewestToAdapt);
  const DataType dtype = stand_in(source, first);
  const auto energy = ratio_of(pairs_of(predictor, samples, dtype, &KernelSample::energy_j), name + " energy", options);
  const auto time = ratio_of(pairs_of(predictor, samples, dtype, &KernelSample::time_s), name + " time", options);
  if (!energy && !time) fail_input("{}: fewer than {} samples can be compared with the source", name, kFewestToAdapt);

  const std::vector<KernelSample> carried =
      scaled_samples(source, {first.type, dtype}, first.dtype, energy, time, options);
  if (carries_over(samples, carried, name, options))
    result.samples.insert(result.samples.end(), carried.begin(), carried.end());
  result.samples.insert(result.samples.end(), samples.begin(), samples.end());
}

double distance(const KernelKey& a, const KernelKey& b) {
  double squares = a.variant == b.variant ? 0 : 1;
  for (std::size_t d = 0; d < a.shape.size() && d < b.shape.size(); ++d) {
    const double octaves = std::log2(static_cast<double>(a.shape[d]) / static_cast<double>(b.shape[d]));
    squares += octaves * octaves;
  }
  return squares;
}

}  // namespace

DeviceProfile adapt(const DeviceProfile& source, std::span<const KernelSample> samples, const AdaptOptions& options) {
  if (samples.empty()) fail_input("no samples: measure at least {} kernels of a type", kFewestToAdapt);
  const Predictor predictor = Predictor::fit(source);
  std::map<TypeKey, std::vector<KernelSample>> by_type;
  for (const KernelSample& sample : samples) by_type[type_key(sample.key)].push_back(sample);
  DeviceProfile result;
  result.processors = options.processors;
  result.source = source.source;
  result.rules = source.rules;
  for (const auto& [type, same] : by_type) {
    if (type.first == KernelType::session)  // one constant: nothing to carry over
      result.samples.insert(result.samples.end(), same.begin(), same.end());
    else
      adapt_type(source, predictor, same, options, result);
  }
  return result;
}

std::vector<KernelKey> next_to_measure(std::span<const KernelKey> wanted, std::span<const KernelKey> measured,
                                       std::size_t count) {
  struct Candidate {
    KernelKey key;
    double nearest = std::numeric_limits<double>::infinity();
  };
  const std::set<KernelKey> known(measured.begin(), measured.end());
  std::map<TypeKey, std::vector<Candidate>> by_type;
  for (const KernelKey& key : std::set<KernelKey>(wanted.begin(), wanted.end())) {
    if (known.contains(key)) continue;
    Candidate candidate{key};
    for (const KernelKey& other : measured)
      if (type_key(other) == type_key(key)) candidate.nearest = std::min(candidate.nearest, distance(key, other));
    by_type[type_key(key)].push_back(std::move(candidate));
  }
  std::vector<KernelKey> chosen;
  for (bool any = true; any && chosen.size() < count;) {
    any = false;
    for (auto& [type, candidates] : by_type) {
      if (candidates.empty() || chosen.size() == count) continue;
      any = true;
      const auto farthest = std::max_element(candidates.begin(), candidates.end(),
                                             [](const auto& a, const auto& b) { return a.nearest < b.nearest; });
      chosen.push_back(farthest->key);
      candidates.erase(farthest);
      for (Candidate& other : candidates) other.nearest = std::min(other.nearest, distance(other.key, chosen.back()));
    }
  }
  return chosen;
}

}  // namespace tabjoule
