// report.html of a run: one self-contained file. Computes nothing new: it shows what run.json holds.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/run_record.h"

namespace tabjoule {

/// The page as text; opens offline, light and dark, on paper and on a phone.
[[nodiscard]] std::string report_html(const RunRecord& record);

/// Writes report.html into the record's folder and returns its path.
std::filesystem::path write_report(const RunRecord& record);

}  // namespace tabjoule
