#include "table/preprocessor.h"

#include <algorithm>

#include "table/preprocessor_names.h"

namespace tabjoule {

std::string NumericFeature::name() const { return part == DatePart::none ? column : column + "." + to_string(part); }

int CategoricalFeature::width() const {
  if (encoding == CategoryEncoding::codes) return 1;
  return static_cast<int>(levels.size()) + (has_missing ? 1 : 0) + (has_other ? 1 : 0);
}

int Preprocessor::numeric_width() const {
  int width = 0;
  for (const auto& feature : numeric) width += feature.indicator ? 2 : 1;
  return width;
}

int Preprocessor::width() const {
  int width = numeric_width();
  for (const auto& feature : categorical) width += feature.width();
  return width;
}

std::vector<int> Preprocessor::column_ends() const {
  std::vector<int> ends;
  const std::string* last = nullptr;  // parts of one date are one column
  int end = 0;
  const auto add = [&](const std::string& column, int width) {
    if (last != nullptr && *last == column) ends.pop_back();
    last = &column;
    ends.push_back(end += width);
  };
  for (const auto& feature : numeric) add(feature.column, feature.indicator ? 2 : 1);
  for (const auto& feature : categorical) add(feature.column, feature.width());
  return ends;
}

std::vector<std::string> Preprocessor::output_names() const {
  std::vector<std::string> names;
  for (const auto& feature : numeric) {
    names.push_back(feature.name());
    if (feature.indicator) names.push_back(feature.column + " missing");
  }
  for (const auto& feature : categorical) {
    if (feature.encoding == CategoryEncoding::codes) {
      names.push_back(feature.column);
      continue;
    }
    for (const auto& level : feature.levels) names.push_back(feature.column + "=" + level);
    if (feature.has_missing) names.push_back(feature.column + " missing");
    if (feature.has_other) names.push_back(feature.column + " other");
  }
  return names;
}

std::vector<std::pair<std::string, ColumnKind>> Preprocessor::schema() const {
  std::vector<std::pair<std::string, ColumnKind>> columns;
  for (const auto& feature : numeric)
    // The parts of one datetime follow each other.
    if (columns.empty() || columns.back().first != feature.column) columns.emplace_back(feature.column, feature.kind);
  for (const auto& feature : categorical) columns.emplace_back(feature.column, ColumnKind::categorical);
  return columns;
}

}  // namespace tabjoule
