// The columns of a table while it is being read: which are wanted, as what, and what is dropped at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "table/column_builder.h"
#include "table/table.h"

namespace tabjoule {

/// A column as its source announces it: of kind `natural`, or texts whose kind is to be found out.
struct SourceColumn {
  std::string name;
  std::optional<ColumnKind> natural = {};
};

class TableBuilder {
 public:
  /// Errors (input): duplicate names; a name in options.schema, kinds or drop that the source lacks.
  TableBuilder(const std::vector<SourceColumn>& source, const ReadOptions& options);

  [[nodiscard]] std::size_t size() const { return columns_.size(); }
  /// The builder of source column `i`; nullptr where the column is left out.
  [[nodiscard]] ColumnBuilder* column(std::size_t i) { return columns_[i] ? &*columns_[i] : nullptr; }

  /// Rows that must be given again to `column(i)->refill`; see ColumnBuilder.
  [[nodiscard]] std::size_t rows_to_refill() const;

  /// Decides kinds, then drops what cannot teach anything (see read_table) or, with a schema, puts the columns
  /// in its order. Errors (input): no rows, no columns, what ColumnBuilder::finish finds.
  [[nodiscard]] Table finish(const std::string& source_name, const NoticeSink& notice);

 private:
  ReadOptions options_;
  std::vector<std::optional<ColumnBuilder>> columns_;
};

/// The kind that the options fix for a column, and whether it is read at all.
[[nodiscard]] std::optional<ColumnKind> fixed_kind(const ReadOptions& options, const std::string& name);
[[nodiscard]] bool is_wanted(const ReadOptions& options, const std::string& name);

/// Drops identifier-like columns, constants and columns without a value, but none named in keep or kinds.
[[nodiscard]] Table without_useless_columns(Table table, const ReadOptions& options, const NoticeSink& notice);

}  // namespace tabjoule
