// paper.html: the figures and tables that a reader of the comparison looks for, in the report's style.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace tabjoule {

/// `summary`: summary.json; `rows`: those of results.parquet. Opens offline; stands without scripts but for its charts.
[[nodiscard]] std::string paper_html(const Json& summary, const Json& rows);

void write_paper(const std::filesystem::path& path, const Json& summary, const Json& rows);

}  // namespace tabjoule
