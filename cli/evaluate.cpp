// tabjoule evaluate: a profile's predictor judged on samples, beside a constant and FLOPs times a constant.
#include "predict/evaluate.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/command.h"
#include "predict/samples.h"

namespace tabjoule::cli {
namespace {

struct EvaluateFlags {
  CommonFlags common;
  std::string profile, samples;
};

void print_row(const std::string& name, const Errors& e) {
  print(fmt::format("{:<14} {:>6} {:>8.2f} {:>8.2f} {:>7.1f} {:>7.1f} {:>7.1f} {:>8.3f} {:>9.1f} {:>9.1f} {:>9.1f}",
                    name, e.rows, 100 * e.mape, 100 * e.rmspe, 100 * e.within_5, 100 * e.within_10, 100 * e.within_20,
                    e.spearman, 100 * e.coverage_90, 100 * e.constant_mape, 100 * e.flops_mape));
}

void print_table(const char* cost, const Evaluation& evaluation) {
  if (evaluation.all.rows == 0) return;
  print(fmt::format("{:<14} {:>6} {:>8} {:>8} {:>7} {:>7} {:>7} {:>8} {:>9} {:>9} {:>9}", cost, "rows", "MAPE %",
                    "RMSPE %", "+-5 %", "+-10 %", "+-20 %", "Spearman", "in 90 %", "constant", "FLOPs x c"));
  for (const auto& [type, errors] : evaluation.types) print_row(text_of(type), errors);
  if (evaluation.types.size() > 1) print_row("all", evaluation.all);
}

void evaluate_command(const EvaluateFlags& flags) {
  const DeviceProfile profile = read_profile(flags.profile);
  const Predictor predictor =
      with_context(flags.profile, [&] { return Predictor::fit(profile, threads_of(flags.common)); });
  const Evaluations result = evaluate(predictor, profile.samples, read_samples(flags.samples, terminal_notices()));
  if (flags.common.json) {
    print_json(to_json(result));
    return;
  }
  print_table("energy", result.energy);
  print_table("time", result.time);
  if (result.unknown > 0) print(fmt::format("{} samples are of kernels the profile does not know", result.unknown));
  if (result.extrapolated > 0) print(fmt::format("{} samples lie outside what was fitted", result.extrapolated));
}

}  // namespace

Run add_evaluate(CLI::App& app) {
  const auto flags = std::make_shared<EvaluateFlags>();
  CLI::App& command = *app.add_subcommand("evaluate", "judge a profile's predictions on measured kernels");
  command.add_option("profile", flags->profile, "PROFILE.json")->required();
  command.add_option("samples", flags->samples, "SAMPLES.csv or .parquet (docs/samples-format.md)")->required();
  add_common_flags(command, flags->common);
  return [flags] { evaluate_command(*flags); };
}

}  // namespace tabjoule::cli
