// Rows of a second file behind those of the first.
#pragma once

#include "table/table.h"

namespace tabjoule {

/// Appends `more`, whose columns must be those of `table` in name, kind and order (read with its schema). Levels
/// are merged and stay sorted.
void append_rows(Table& table, const Table& more);

}  // namespace tabjoule
