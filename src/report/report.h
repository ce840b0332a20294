// report.html of a run: one self-contained file. Computes nothing new: it shows what run.json holds.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/run_record.h"

namespace tabjoule {

/// World average of 2023, life cycle, in grams of CO2e a kWh: Ember, Global Electricity Review 2024.
constexpr double kWorldGridIntensity = 480;

struct ReportOptions {
  double grid_g_per_kwh = kWorldGridIntensity;  ///< grams of CO2e that a kWh costs where the network will run
};

/// The page as text; opens offline, light and dark, on paper and on a phone, with and without scripts.
/// `run`: what run.json holds (docs/run-directory.md); figures that it lacks are left out.
[[nodiscard]] std::string report_html(const Json& run, const ReportOptions& options = {});

/// Writes report.html into the run's folder, from its run.json or from a record just made, and returns its path.
std::filesystem::path write_report(const std::filesystem::path& folder, const ReportOptions& options);
std::filesystem::path write_report(const RunRecord& record);

}  // namespace tabjoule
