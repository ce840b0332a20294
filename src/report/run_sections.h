// The sections of a run's page, as HTML that stands without scripts; the scripts of src/report/assets draw charts into
// its elements of class "chart". `run` is what run.json holds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "report/report.h"

namespace tabjoule {

/// What to deploy, its score, joules and savings.
[[nodiscard]] std::string answer_html(const Json& run, const ReportOptions& options);
/// Score against energy; every network; one of them kernel by kernel.
[[nodiscard]] std::string front_html(const Json& run);
/// Convergence of supernets and policies; empty where the run has no trace.
[[nodiscard]] std::string convergence_html(const Json& run);
/// Predicted against found energy, the predictor's errors.
[[nodiscard]] std::string prediction_html(const Json& run);
[[nodiscard]] std::string data_html(const Json& run);
/// Where the run's time and energy went.
[[nodiscard]] std::string cost_html(const Json& run);
[[nodiscard]] std::string reproduce_html(const Json& run);
/// Empty where there are none.
[[nodiscard]] std::string notices_html(const Json& run);

/// "search by accuracy alone": what a baseline is, by its name.
[[nodiscard]] std::string baseline_title(const std::string& name);
/// "AUC" of "auc".
[[nodiscard]] std::string metric_title(const std::string& name);
/// A list of terms and what they are; both HTML.
[[nodiscard]] std::string facts_html(const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace tabjoule
