// Delimited text (CSV, TSV and their kin) -> Table.
#pragma once

#include <string>

#include "table/table.h"

namespace tabjoule {

/// `bytes`: the file's content, UTF-8; `source` is what the table is named after. Errors (input): a row with too
/// few or too many cells, an unclosed quote, and what TableBuilder finds; rows count from 1 without the header.
[[nodiscard]] Table read_csv(std::string bytes, const std::string& source, const ReadOptions& options,
                             const NoticeSink& notice);

}  // namespace tabjoule
