// Small tables of results as Parquet files, row by row as JSON.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace tabjoule {

struct ParquetColumn {
  std::string name;
  std::string type;  ///< SQL's: "VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN"
};

/// `rows`: a list of objects, each with the members that `columns` name or fewer (the others are null). Written beside
/// `path` and renamed. Errors (internal): the file cannot be written.
void write_parquet(const std::filesystem::path& path, const std::vector<ParquetColumn>& columns, const Json& rows);

/// All rows as objects of these columns; a column that the file lacks is null. Errors (input): absent, no Parquet file.
[[nodiscard]] Json read_parquet(const std::filesystem::path& path, const std::vector<ParquetColumn>& columns);

}  // namespace tabjoule
