// Fills, scales and levels, learnt from training rows.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "table/normal_quantile.h"
#include "table/preprocessor.h"
#include "table/preprocessor_names.h"

namespace tabjoule {
namespace {

using Rows = std::span<const std::uint32_t>;

/// z stays within what 10 million rows could show, +-5.2.
constexpr double min_probability = 1e-7;

struct Sample {
  std::vector<double> values;  ///< on train, sorted, without the missing ones
  bool has_missing = false;
  [[nodiscard]] bool constant() const { return values.empty() || values.front() == values.back(); }
};

Sample sample_of(const Column& column, DatePart part, Rows train) {
  Sample sample;
  sample.values.reserve(train.size());
  for (const auto row : train) {
    const double value = date_part(column.numbers[row], part);
    if (std::isnan(value))
      sample.has_missing = true;
    else
      sample.values.push_back(value);
  }
  std::sort(sample.values.begin(), sample.values.end());
  return sample;
}

/// Sums in long double, whose range the squares of doubles do not leave.
void fit_standard(const std::vector<double>& sorted, NumericFeature& feature) {
  long double squares = 0;
  const auto center = static_cast<long double>(feature.fill);
  for (const double value : sorted) squares += (value - center) * (value - center);
  const auto deviation = static_cast<double>(std::sqrt(squares / static_cast<long double>(sorted.size())));
  feature.scaling = Scaling::standard;
  feature.center = feature.fill;
  feature.scale = std::isnormal(deviation) ? deviation : 1;
}

double mean_of(const std::vector<double>& sorted) {
  long double sum = 0;
  for (const double value : sorted) sum += value;
  const auto mean = static_cast<double>(sum / static_cast<long double>(sorted.size()));
  return std::clamp(mean, sorted.front(), sorted.back());
}

/// Equal values in a sorted sample and the normal quantile of their middle rank.
struct Tie {
  double x, z;
  std::size_t end;  ///< rank behind the last of them
};

std::vector<Tie> ties_of(const std::vector<double>& sorted) {
  std::vector<Tie> ties;
  const auto count = static_cast<double>(sorted.size());
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    const double p = static_cast<double>(begin + end) / 2 / count;
    ties.push_back({sorted[begin], normal_quantile(std::clamp(p, min_probability, 1 - min_probability)), end});
    begin = end;
  }
  return ties;
}

/// Knots at every value, or at max_knots evenly spaced ranks where there are more values.
void fit_quantile(const std::vector<double>& sorted, int max_knots, NumericFeature& feature) {
  feature.scaling = Scaling::quantile;
  const std::vector<Tie> ties = ties_of(sorted);
  const auto knots = static_cast<std::size_t>(max_knots);
  const auto add = [&](const Tie& tie) {
    if (!feature.knots_x.empty() && feature.knots_x.back() == tie.x) return;
    feature.knots_x.push_back(tie.x);
    feature.knots_z.push_back(tie.z);
  };
  if (ties.size() <= knots) {
    for (const auto& tie : ties) add(tie);
    return;
  }
  auto tie = ties.begin();
  for (std::size_t k = 0; k < knots; ++k) {
    const std::size_t rank = k * (sorted.size() - 1) / (knots - 1);
    while (tie->end <= rank) ++tie;
    add(*tie);
  }
}

NumericFeature fit_feature(const Column& column, DatePart part, const Sample& sample,
                           const PreprocessOptions& options) {
  NumericFeature feature;
  feature.column = column.name;
  feature.kind = column.kind;
  feature.part = part;
  feature.fill = mean_of(sample.values);
  feature.indicator = sample.has_missing;
  if (options.scaling == Scaling::quantile && !sample.constant())
    fit_quantile(sample.values, options.max_knots, feature);
  else
    fit_standard(sample.values, feature);
  return feature;
}

bool is_useless(const Sample& sample) { return sample.values.empty() || (sample.constant() && !sample.has_missing); }

void tell_dropped(const std::string& name, bool has_values, const NoticeSink& notice) {
  notice(fmt::format("column \"{}\" dropped: it {} in the training rows", name,
                     has_values ? "is constant" : "has no value"));
}

void fit_number(const Column& column, Rows train, const PreprocessOptions& options, Preprocessor& preprocessor,
                const NoticeSink& notice) {
  const Sample sample = sample_of(column, DatePart::none, train);
  if (is_useless(sample)) return tell_dropped(column.name, !sample.values.empty(), notice);
  preprocessor.numeric.push_back(fit_feature(column, DatePart::none, sample, options));
}

/// The parts that vary, the first with the indicator of all.
void fit_datetime(const Column& column, Rows train, const PreprocessOptions& options, Preprocessor& preprocessor,
                  const NoticeSink& notice) {
  std::string constant_parts;
  std::size_t kept = 0;
  bool has_values = false;
  for (const auto& [part, name] : date_part_names) {
    if (part == DatePart::none) continue;
    const Sample sample = sample_of(column, part, train);
    has_values = !sample.values.empty();
    if (sample.constant() && (part != DatePart::epoch_days || is_useless(sample))) {
      constant_parts += (constant_parts.empty() ? "" : ", ") + std::string(name);
      continue;
    }
    preprocessor.numeric.push_back(fit_feature(column, part, sample, options));
    if (kept++ > 0) preprocessor.numeric.back().indicator = false;
  }
  if (kept == 0) return tell_dropped(column.name, has_values, notice);
  if (!constant_parts.empty())
    notice(fmt::format("column \"{}\": {} dropped, constant in the training rows", column.name, constant_parts));
}

/// The levels that get a column of their own, sorted.
std::vector<std::string> frequent_levels(const Column& column, const std::vector<std::size_t>& counts,
                                         const PreprocessOptions& options) {
  std::vector<std::size_t> order;
  for (std::size_t level = 0; level < counts.size(); ++level)
    if (counts[level] > 0) order.push_back(level);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return counts[a] > counts[b]; });
  const auto rare = std::find_if(order.begin(), order.end(), [&](auto level) {
    return counts[level] < static_cast<std::size_t>(options.min_count);
  });
  if (rare != order.begin()) order.erase(rare, order.end());
  if (order.size() > static_cast<std::size_t>(options.max_levels))
    order.resize(static_cast<std::size_t>(options.max_levels));
  std::vector<std::string> levels;
  for (const auto level : order) levels.push_back(column.levels[level]);
  std::sort(levels.begin(), levels.end());
  return levels;
}

void fit_categorical(const Column& column, Rows train, const PreprocessOptions& options, Preprocessor& preprocessor,
                     const NoticeSink& notice) {
  std::vector<std::size_t> counts(column.levels.size());
  std::size_t missing = 0;
  for (const auto row : train) {
    const std::int32_t code = column.codes[row];
    ++(code < 0 ? missing : counts[static_cast<std::size_t>(code)]);
  }
  const auto present =
      static_cast<std::size_t>(std::count_if(counts.begin(), counts.end(), [](auto n) { return n > 0; }));
  if (present == 0 || (present == 1 && missing == 0)) return tell_dropped(column.name, present > 0, notice);
  CategoricalFeature feature;
  feature.column = column.name;
  feature.levels = frequent_levels(column, counts, options);
  feature.has_missing = missing > 0;
  feature.has_other = feature.levels.size() < present;
  feature.encoding = options.encoding;
  preprocessor.categorical.push_back(std::move(feature));
}

void require_valid(const Table& features, Rows train, const PreprocessOptions& options) {
  if (train.empty()) fail_input("{}: no training rows", features.source);
  for (const auto row : train)
    if (row >= features.rows) fail_usage("training row {} of a table with {} rows", row, features.rows);
  if (options.max_levels < 1) fail_usage("max_levels must be at least 1, not {}", options.max_levels);
  if (options.min_count < 1) fail_usage("min_count must be at least 1, not {}", options.min_count);
  if (options.max_knots < 2) fail_usage("max_knots must be at least 2, not {}", options.max_knots);
}

}  // namespace

Preprocessor fit_preprocessor(const Table& features, std::span<const std::uint32_t> train,
                              const PreprocessOptions& options, const NoticeSink& notice) {
  const NoticeSink tell = notice ? notice : [](const std::string&) {};
  require_valid(features, train, options);
  Preprocessor preprocessor;
  for (const auto& column : features.columns) {
    if (column.kind == ColumnKind::categorical)
      fit_categorical(column, train, options, preprocessor, tell);
    else if (column.kind == ColumnKind::datetime)
      fit_datetime(column, train, options, preprocessor, tell);
    else
      fit_number(column, train, options, preprocessor, tell);
  }
  if (preprocessor.width() == 0)
    fail_input("{}: no feature varies in the {} training rows", features.source, train.size());
  return preprocessor;
}

}  // namespace tabjoule
