// What DuckDB reads or computes -> Table.
#pragma once

#include <string>

#include "table/table.h"

namespace tabjoule {

/// The first word of a SQL query in lower case; "(" where it starts with a parenthesis.
[[nodiscard]] std::string first_word(const std::string& sql);

/// The rows of a SQL query. Errors (input): what DuckDB says; a nested or binary column.
[[nodiscard]] Table run_query(const std::string& sql, const ReadOptions& options, const NoticeSink& notice);

/// `reader`: "read_parquet", "read_json_auto". A file that is gzip whatever its name is inflated first.
[[nodiscard]] Table query_file(const std::string& path, const std::string& reader, const ReadOptions& options,
                               const NoticeSink& notice);

}  // namespace tabjoule
