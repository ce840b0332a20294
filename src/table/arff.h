// ARFF (Weka's and OpenML's format), dense and sparse -> Table.
#pragma once

#include <string>

#include "table/table.h"

namespace tabjoule {

/// `bytes`: the file's content, UTF-8; `source` is what the table is named after. Declared types decide the
/// kinds: numeric, real, integer; nominal -> categorical; date -> datetime; string -> inferred as in CSV. An
/// unquoted "?" or an empty cell is missing. Errors (input): a declaration or row that does not fit, named by line, row
/// and column; a row cut off inside a quote; relational attributes.
[[nodiscard]] Table read_arff(const std::string& bytes, const std::string& source, const ReadOptions& options,
                              const NoticeSink& notice);

}  // namespace tabjoule
