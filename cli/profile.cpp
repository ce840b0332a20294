// tabjoule profile: the kernels of search spaces or models, measured on a device and stored.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/command.h"
#include "pipeline/device_profiling.h"

namespace tabjoule::cli {
namespace {

struct ProfileFlags {
  CommonFlags common;
  DeviceFlags device;
  ProfileRequest request;
};

Json json_of(const PredictorAccuracy& accuracy) {
  return {{"rows", accuracy.rows},
          {"mape", accuracy.mape},
          {"rmspe", accuracy.rmspe},
          {"within_10", accuracy.within_10},
          {"constant", {{"mape", accuracy.constant_mape}}},
          {"flops", {{"mape", accuracy.flops_mape}}}};
}

void print_rules(const ProfiledDevice& done) {
  int undecided = 0;
  for (const RuleEvidence& row : done.profile.rule_evidence) undecided += row.verdict == Verdict::undecided;
  const std::size_t asked = done.profile.rule_evidence.size();
  if (asked == 0) return print(fmt::format("rules         {}, taken as they are", done.profile.rules));
  print(fmt::format("rules         {}: {} experiments, {} against what was assumed, {} undecided", done.profile.rules,
                    asked, done.rules_contradicted, undecided));
  for (const RuleEvidence& row : done.profile.rule_evidence)
    print(fmt::format("              {:<40} {:<9} (time {:+.2f} +- {:.2f}, energy {:+.2f} +- {:.2f})", row.rule,
                      to_string(row.verdict), row.time.value, row.time.half_width_95, row.energy.value,
                      row.energy.half_width_95));
}

Json json_of(const ProfiledDevice& done, const std::string& out) {
  const DeviceProfile& profile = done.profile;
  Json evidence = Json::array();
  for (const RuleEvidence& row : profile.rule_evidence) evidence.push_back(to_json(row));
  return {{"profile", out},
          {"device", profile.device},
          {"energy_source", to_string(profile.source)},
          {"sensor", profile.sensor},
          {"kernels_wanted", done.wanted},
          {"kernels_measured", profile.samples.size()},
          {"whole_models", profile.models.size()},
          {"rules", profile.rules},
          {"rules_contradicted", done.rules_contradicted},
          {"rule_evidence", evidence},
          {"time_s", done.time_s},
          {"held_out", to_json(done.held_out)},
          {"cross_validated", json_of(done.fitted)},
          {"whole_models_mape", done.whole_models_mape}};
}

void print_accuracy(const Evaluation& held_out) {
  const Errors& all = held_out.all;
  if (all.rows == 0) return;
  print(fmt::format(
      "accuracy      {:.1f} % mean, {:.1f} % median error of energy on {} kernels held out (a constant {:.0f} "
      "%, FLOPs x constant {:.0f} %), {:.0f} % of them within 10 %",
      100 * all.mape, 100 * all.median, all.rows, 100 * all.constant_mape, 100 * all.flops_mape, 100 * all.within_10));
  if (held_out.types.size() < 2) return;
  std::vector<std::string> types;
  for (const auto& [type, errors] : held_out.types)
    types.push_back(fmt::format("{} {:.1f} % of {}", text_of(type), 100 * errors.mape, errors.rows));
  print(fmt::format("              mean by type: {}", fmt::join(types, ", ")));
}

void print_text(const ProfiledDevice& done, const std::string& out) {
  const DeviceProfile& profile = done.profile;
  print(fmt::format("device        {} ({} by {})", profile.device, to_string(profile.source), profile.sensor));
  print(fmt::format("kernels       {} of {} measured, {} more to judge by, {} whole models", profile.samples.size(),
                    done.wanted, profile.held_out.size(), profile.models.size()));
  print_rules(done);
  print_accuracy(done.held_out.energy);
  if (!profile.models.empty()) print(fmt::format("whole models  {:.1f} % mean error", 100 * done.whole_models_mape));
  print(fmt::format("time          {}", with_unit(done.time_s, "s")));
  print(fmt::format("profile       {}", out));
}

void profile_command(ProfileFlags& flags) {
  flags.request.device = flags.device.device;
  flags.request.device_options = flags.device.options(flags.common);
  flags.request.seed = flags.common.seed;
  const ProfiledDevice done = profile_device(flags.request, terminal_notices(), terminal_progress(flags.common));
  clear_progress();
  const std::string out = flags.request.out.string();
  if (flags.common.json)
    print_json(json_of(done, out));
  else
    print_text(done, out);
}

}  // namespace

Run add_profile(CLI::App& app) {
  const auto flags = std::make_shared<ProfileFlags>();
  ProfileRequest& request = flags->request;
  CLI::App& command = *app.add_subcommand("profile", "measure a device's kernels, for predicting energy on it");
  command.add_option("--out", request.out, "the profile; stored every second")->required();
  add_device_choice(command, flags->device);
  command.add_option("--space", request.spaces,
                     "search spaces whose networks' kernels to measure: names or files; mlp");
  command.add_option("--models", request.models, "ONNX files whose kernels to measure");
  command.add_option("--batch", request.batches, "rows predicted at once; several may be given")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--inputs", request.inputs, "columns of the tables that networks of the spaces are for")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command.add_option("--outputs", request.outputs, "outputs of these networks")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command
      .add_option("--budget", request.budget_s,
                  "seconds to measure at most; 0: 50, or 1500 of a simulated device, whose seconds are virtual")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command
      .add_option("--most-kernels", request.most_kernels, "kernels to measure at most; 0: as many as the budget allows")
      ->capture_default_str();
  command.add_flag(
      "!--no-rules", request.rules,
      "take the fusion rules of the runtime as they are, without experiments (ONNX Runtime on a processor or by "
      "CUDA tells what it fuses and is never asked)");
  command.add_flag("--resume", request.resume, "go on with the profile in --out");
  add_common_flags(command, flags->common);
  return [flags] { profile_command(*flags); };
}

}  // namespace tabjoule::cli
