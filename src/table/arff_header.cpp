#include "table/arff_header.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "table/cell.h"
#include "table/column_builder.h"

namespace tabjoule {
namespace {

std::string_view left_trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

ArffValue take_quoted(std::string_view& rest) {
  const std::string_view whole = rest;
  const char quote = rest[0];
  ArffValue value{"", true};
  for (std::size_t i = 1; i < whole.size(); ++i) {
    if (whole[i] == '\\' && i + 1 < whole.size()) {
      value.text += whole[++i];
    } else if (whole[i] == quote) {
      rest = left_trimmed(whole.substr(i + 1));
      return value;
    } else {
      value.text += whole[i];
    }
  }
  fail_input("the quote that opens at {} is never closed; the file may be truncated", shown(whole));
}

/// "{red, 'dark blue'}"
std::vector<std::string> nominal_levels(std::string_view declaration) {
  std::vector<std::string> levels;
  std::string_view rest = declaration.substr(1);
  for (;;) {
    levels.push_back(take_arff_value(rest, ",}").text);
    if (rest.empty()) fail_input("the list of values {} is not closed with a brace", shown(declaration));
    const bool last = rest[0] == '}';
    rest.remove_prefix(1);
    if (last) return levels;
  }
}

ArffAttribute attribute_of(std::string_view declaration) {
  ArffAttribute attribute;
  std::string_view rest = left_trimmed(declaration);
  attribute.name = take_arff_value(rest, " \t{").text;
  rest = left_trimmed(rest);
  if (attribute.name.empty() || rest.empty()) fail_input("an attribute needs a name and a type");
  if (rest[0] == '{') {
    attribute.type = ArffType::nominal;
    attribute.levels = nominal_levels(rest);
    return attribute;
  }
  const std::string type = lower(rest.substr(0, rest.find_first_of(" \t[")));
  if (type == "numeric" || type == "real" || type == "integer")
    attribute.type = ArffType::number;
  else if (type == "date")
    attribute.type = ArffType::date;
  else if (type != "string")
    fail_input("attribute \"{}\" has type \"{}\"; known are numeric, real, integer, string, date and {{values}}",
               attribute.name, type);
  return attribute;
}

}  // namespace

bool ArffLines::next(std::string_view& line) {
  while (!rest_.empty()) {
    const auto end = std::min(rest_.find_first_of("\r\n"), rest_.size());
    line = trimmed(rest_.substr(0, end));
    const std::size_t ending = rest_.substr(end).starts_with("\r\n") ? 2 : 1;
    rest_.remove_prefix(std::min(end + ending, rest_.size()));
    ++number_;
    if (!line.empty() && line[0] != '%') return true;
  }
  return false;
}

ArffValue take_arff_value(std::string_view& rest, std::string_view ends) {
  rest = left_trimmed(rest);
  if (rest.empty() || (rest[0] != '\'' && rest[0] != '"')) {
    const auto end = std::min(rest.find_first_of(ends), rest.size());
    ArffValue value{std::string(trimmed(rest.substr(0, end))), false};
    rest.remove_prefix(end);
    return value;
  }
  const bool space_ends = ends.find(' ') != std::string_view::npos;
  ArffValue value = take_quoted(rest);
  if (!space_ends && !rest.empty() && ends.find(rest[0]) == std::string_view::npos)
    fail_input("text behind the closing quote of {}", shown(value.text));
  return value;
}

std::vector<ArffAttribute> read_arff_header(ArffLines& lines) {
  std::vector<ArffAttribute> attributes;
  std::string_view line;
  while (lines.next(line)) {
    const auto word_end = std::min(line.find_first_of(" \t"), line.size());
    const std::string word = lower(line.substr(0, word_end));
    if (word == "@data") {
      if (attributes.empty()) fail_input("line {}: @data before any @attribute", lines.number());
      return attributes;
    }
    if (word == "@attribute")
      with_context(fmt::format("line {}", lines.number()),
                   [&] { attributes.push_back(attribute_of(line.substr(word_end))); });
    else if (word != "@relation")
      fail_input("line {}: expected @relation, @attribute or @data, not {}", lines.number(), shown(line));
  }
  fail_input("no @data line: the file holds no rows, or is truncated");
}

}  // namespace tabjoule
