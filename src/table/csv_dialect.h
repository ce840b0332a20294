// How a delimited text is written, found out from its first records.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/progress.h"
#include "table/csv_scanner.h"

namespace tabjoule {

/// The separator is the one by which most records have the same number of cells, at least two; a header is a
/// first record of names above columns of something else (numbers, say), or of texts that occur nowhere below
/// them. `known_names`: column names that the user mentioned; a first record that holds one is a header.
/// Leading lines that start with '|', '#', '%' or "//" and do not fit the others are comments: a notice says so.
[[nodiscard]] Dialect find_dialect(std::string_view bytes, const std::set<std::string>& known_names,
                                   const NoticeSink& notice);

/// Undoes what a spreadsheet does to a file it takes for one column: every line one quoted cell with the quotes
/// inside doubled. True where `bytes` was such a file.
bool unwrap_lines(std::string& bytes);

}  // namespace tabjoule
