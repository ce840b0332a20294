#include "table/arff.h"

#include <limits>
#include <unordered_set>

#include "base/error.h"
#include "table/arff_header.h"
#include "table/cell.h"
#include "table/date_text.h"
#include "table/table_builder.h"

namespace tabjoule {
namespace {

SourceColumn source_column(const ArffAttribute& attribute) {
  switch (attribute.type) {
    case ArffType::number:
      return {attribute.name, ColumnKind::numeric};
    case ArffType::nominal:
      return {attribute.name, ColumnKind::categorical};
    case ArffType::date:
      return {attribute.name, ColumnKind::datetime};
    case ArffType::text:
      break;
  }
  return {attribute.name, {}};
}

/// One attribute's values on their way into its column.
class Feed {
 public:
  Feed(const ArffAttribute& attribute, ColumnBuilder* column, bool keeps_text)
      : attribute_(attribute),
        column_(column),
        keeps_text_(keeps_text),
        levels_(attribute.levels.begin(), attribute.levels.end()) {
    if (column && attribute.type == ArffType::text) column->start_as_texts();
  }

  void add(const ArffValue& value) {
    if (!column_) return;
    if (value.missing()) return column_->add_missing();
    if (attribute_.type == ArffType::text) return column_->add_text(value.text);
    if (attribute_.type == ArffType::nominal) {
      if (!levels_.count(value.text)) fail(value.text, "is not among its declared values");
      return column_->add_level(value.text);
    }
    const bool date = attribute_.type == ArffType::date;
    const auto number = date ? parse_datetime(value.text, DateOrder::month_first) : number_of(value.text);
    if (!number) fail(value.text, date ? "is not a date" : "is not a number");
    if (keeps_text_) return column_->add_level(value.text);
    column_->add_number(*number);
  }

  [[nodiscard]] const std::string& name() const { return attribute_.name; }

  /// What a sparse row leaves out: 0, or the first declared value.
  void add_default() {
    if (!column_) return;
    if (attribute_.type == ArffType::nominal) return column_->add_level(attribute_.levels[0]);
    if (attribute_.type == ArffType::text) return column_->add_missing();
    keeps_text_ ? column_->add_level("0") : column_->add_number(0);
  }

 private:
  static std::optional<double> number_of(const std::string& text) {
    if (is_missing_token(text) && !text.empty()) return std::numeric_limits<double>::quiet_NaN();
    return parse_number(text);
  }
  [[noreturn]] void fail(const std::string& text, const char* what) const { fail_input("{} {}", shown(text), what); }

  const ArffAttribute& attribute_;
  ColumnBuilder* column_;
  bool keeps_text_;
  std::unordered_set<std::string> levels_;
};

/// Takes one value from the front of `rest` to its column.
void take(std::string_view& rest, std::string_view ends, Feed& feed) {
  try {
    feed.add(take_arff_value(rest, ends));
  } catch (const Error& error) {
    fail_input("column \"{}\": {}", feed.name(), error.what());
  }
}

void add_dense(std::string_view line, std::vector<Feed>& feeds) {
  std::size_t cells = 0;
  for (std::string_view rest = line;;) {
    if (cells < feeds.size())
      take(rest, ",", feeds[cells]);
    else
      (void)take_arff_value(rest, ",");
    ++cells;
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (rest.empty()) fail_input("nothing stands behind the last comma; write ? where a value is missing");
  }
  if (cells != feeds.size())
    fail_input("{} value{} instead of {}; correct or remove the row", cells, cells == 1 ? "" : "s", feeds.size());
}

/// "{3 1.5, 7 'blue'}": indices rise from 0.
void add_sparse(std::string_view line, std::vector<Feed>& feeds) {
  std::size_t next = 0;
  std::string_view rest = trimmed(line.substr(1));
  while (!rest.starts_with('}')) {
    const ArffValue index = take_arff_value(rest, " \t,}");
    const auto at = parse_number(index.text);
    if (!at || *at < static_cast<double>(next) || *at >= static_cast<double>(feeds.size()) ||
        *at != static_cast<double>(static_cast<std::size_t>(*at)))
      fail_input("{} is not an index between {} and {}", shown(index.text), next, feeds.size() - 1);
    for (; next < static_cast<std::size_t>(*at); ++next) feeds[next].add_default();
    take(rest, ",}", feeds[next++]);
    if (rest.empty()) fail_input("the sparse row is not closed with a brace; the file may be truncated");
    if (rest[0] == ',') rest = trimmed(rest.substr(1));
  }
  if (rest.size() > 1) fail_input("{} behind the sparse row", shown(rest.substr(1)));
  for (; next < feeds.size(); ++next) feeds[next].add_default();
}

}  // namespace

Table read_arff(const std::string& bytes, const std::string& source, const ReadOptions& options,
                const NoticeSink& notice) {
  ArffLines lines(bytes);
  const std::vector<ArffAttribute> attributes = read_arff_header(lines);
  std::vector<SourceColumn> columns;
  for (const auto& attribute : attributes) columns.push_back(source_column(attribute));
  TableBuilder table(columns, options);
  std::vector<Feed> feeds;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const bool keeps_text = fixed_kind(options, attributes[i].name) == ColumnKind::categorical;
    feeds.emplace_back(attributes[i], table.column(i), keeps_text);
  }
  std::string_view line;
  for (std::size_t row = 1; lines.next(line); ++row)
    with_context(fmt::format("row {} (line {})", row, lines.number()),
                 [&] { line[0] == '{' ? add_sparse(line, feeds) : add_dense(line, feeds); });
  return table.finish(source, notice);
}

}  // namespace tabjoule
