// Seeded, stratified parts of a table.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "table/column_builder.h"
#include "table/dataset.h"

namespace tabjoule {
namespace {

constexpr std::size_t min_rows = 10;
constexpr std::size_t deciles = 10;

std::size_t rows_of(const Target& target) {
  return target.task == Task::regression ? target.values.size() : target.labels.size();
}

/// `rows` by class, or by tenths of the sorted target.
std::vector<RowIndices> strata_of(const Target& target, const RowIndices& rows) {
  if (target.task != Task::regression) {
    std::vector<RowIndices> strata(target.classes.size());
    for (const auto row : rows) strata[static_cast<std::size_t>(target.labels[row])].push_back(row);
    return strata;
  }
  RowIndices sorted = rows;
  std::stable_sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return target.values[a] < target.values[b]; });
  std::vector<RowIndices> strata(deciles);
  for (std::size_t i = 0; i < sorted.size(); ++i) strata[i * deciles / sorted.size()].push_back(sorted[i]);
  return strata;
}

struct Shares {
  std::size_t validation, test;
};

std::size_t rounded_share(std::size_t rows, double fraction) {
  if (fraction == 0) return 0;
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(static_cast<double>(rows) * fraction)));
}

/// How many of a stratum's rows go where; train keeps at least one.
Shares shares_of(std::size_t rows, const SplitOptions& options) {
  if (rows <= 1) return {0, 0};
  if (rows == 2 && options.validation_fraction > 0) return {1, 0};
  Shares shares{rounded_share(rows, options.validation_fraction), rounded_share(rows, options.test_fraction)};
  while (shares.validation + shares.test >= rows)
    --(shares.test >= shares.validation ? shares.test : shares.validation);
  return shares;
}

void append(RowIndices& to, const RowIndices& from, std::size_t first, std::size_t count) {
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(first);
  to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
}

void tell_if_small(const Target& target, std::size_t stratum, std::size_t rows, const NoticeSink& notice) {
  if (target.task == Task::regression || rows == 0 || rows > 2) return;
  notice(fmt::format("class {} has {} row{}: {}", shown(target.classes[stratum]), rows, rows == 1 ? "" : "s",
                     rows == 1 ? "it is in train only" : "they are in train and validation only"));
}

/// Rows in file order: a part is a set, whoever trains shuffles.
void sort_parts(Split& split) {
  for (RowIndices* part : {&split.train, &split.validation, &split.test}) std::sort(part->begin(), part->end());
}

Split split_rows(const Target& target, const RowIndices& rows, const SplitOptions& options, const NoticeSink& notice) {
  Split split;
  const Rng root(options.seed);
  auto strata = strata_of(target, rows);
  for (std::size_t s = 0; s < strata.size(); ++s) {
    RowIndices& stratum = strata[s];
    tell_if_small(target, s, stratum.size(), notice);
    Rng random = root.split(s);
    random.shuffle(std::span<std::uint32_t>(stratum));
    const Shares shares = shares_of(stratum.size(), options);
    append(split.test, stratum, 0, shares.test);
    append(split.validation, stratum, shares.test, shares.validation);
    append(split.train, stratum, shares.test + shares.validation, stratum.size() - shares.test - shares.validation);
  }
  sort_parts(split);
  return split;
}

void require_fractions(const SplitOptions& options) {
  const double validation = options.validation_fraction, test = options.test_fraction;
  if (!(validation >= 0) || !(test >= 0) || !(validation + test < 1))
    fail_usage("validation fraction {} and test fraction {} must not be negative and leave rows to train on",
               validation, test);
}

enum class Part { train, validation, test };

std::optional<Part> part_named(const std::string& text) {
  const std::string name = lower(text);
  if (name == "train") return Part::train;
  if (name == "val" || name == "valid" || name == "validation") return Part::validation;
  if (name == "test") return Part::test;
  return {};
}

std::vector<Part> parts_of_levels(const Column& column) {
  std::vector<Part> parts;
  for (const auto& level : column.levels) {
    const auto part = part_named(level);
    if (!part)
      fail_input("split column \"{}\" holds {}; its values are \"train\", \"validation\" and \"test\"", column.name,
                 shown(level));
    parts.push_back(*part);
  }
  return parts;
}

}  // namespace

Split make_split(const Target& target, const SplitOptions& options, const NoticeSink& notice) {
  const NoticeSink tell = notice ? notice : [](const std::string&) {};
  require_fractions(options);
  const std::size_t count = rows_of(target);
  if (count < min_rows) fail_input("{} rows with a target; {} are needed to split them", count, min_rows);
  RowIndices rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return split_rows(target, rows, options, tell);
}

Split split_by_column(const Column& parts, const Target& target, std::uint64_t seed, const NoticeSink& notice) {
  const NoticeSink tell = notice ? notice : [](const std::string&) {};
  if (parts.kind != ColumnKind::categorical)
    fail_input("split column \"{}\" is {}; its values are \"train\", \"validation\" and \"test\"", parts.name,
               to_string(parts.kind));
  if (parts.codes.size() != rows_of(target))
    fail_input("split column \"{}\" has {} rows, the target {}", parts.name, parts.codes.size(), rows_of(target));
  const std::vector<Part> part_of_level = parts_of_levels(parts);
  Split split;
  const std::array<RowIndices*, 3> rows_of_part{&split.train, &split.validation, &split.test};
  for (std::size_t row = 0; row < parts.codes.size(); ++row) {
    if (parts.codes[row] < 0) fail_input("split column \"{}\": row {} says nothing", parts.name, row + 1);
    const Part part = part_of_level[static_cast<std::size_t>(parts.codes[row])];
    rows_of_part[static_cast<std::size_t>(part)]->push_back(static_cast<std::uint32_t>(row));
  }
  if (split.test.empty()) fail_input("split column \"{}\" puts no row into \"test\"", parts.name);
  if (split.validation.empty() && split.train.size() > 1) {
    tell(fmt::format("split column \"{}\" names no validation rows: a fifth of train is taken", parts.name));
    Split fifth = split_rows(target, split.train, {0.2, 0, seed}, tell);
    split.train = std::move(fifth.train);
    split.validation = std::move(fifth.validation);
  }
  if (split.train.empty() || split.validation.empty())
    fail_input("split column \"{}\" leaves too few rows in \"train\"", parts.name);
  return split;
}

}  // namespace tabjoule
