// tabjoule predict: energy and time of an ONNX model, kernel by kernel.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/command.h"

namespace tabjoule::cli {
namespace {

struct PredictFlags {
  CommonFlags common;
  DeviceFlags device;
  std::string model;
};

Json json_of(const PredictedModel& model, std::int64_t batch) {
  const ModelPrediction& p = model.prediction;
  const auto rows = static_cast<double>(batch);
  Json kernels = Json::array();
  for (const auto& [kernel, prediction] : p.kernels)
    kernels.push_back({{"kernel", kernel.key.text()},
                       {"nodes", kernel.nodes},
                       {"energy_per_batch_j", prediction.energy_j},
                       {"energy_low_per_batch_j", prediction.energy_low_j},
                       {"energy_high_per_batch_j", prediction.energy_high_j},
                       {"time_per_batch_s", prediction.time_s},
                       {"known", prediction.known},
                       {"extrapolated", prediction.extrapolated}});
  return {{"device", model.device},
          {"energy_source", to_string(model.source)},
          {"sensor", model.sensor},
          {"batch", batch},
          {"energy_j", p.energy_per_batch_j / rows},
          {"energy_low_j", p.energy_low_per_batch_j / rows},
          {"energy_high_j", p.energy_high_per_batch_j / rows},
          {"energy_per_batch_j", p.energy_per_batch_j},
          {"time_per_batch_s", p.time_per_batch_s},
          {"unknown_kernels", p.unknown},
          {"extrapolated_kernels", p.extrapolated},
          {"predictor",
           {{"rows", model.accuracy.rows},
            {"mape", model.accuracy.mape},
            {"constant", {{"mape", model.accuracy.constant_mape}}},
            {"flops", {{"mape", model.accuracy.flops_mape}}}}},
          {"kernels", kernels}};
}

void print_table(const PredictedModel& model, std::int64_t batch) {
  const ModelPrediction& p = model.prediction;
  std::size_t widest = 0;
  for (const auto& [kernel, prediction] : p.kernels) widest = std::max(widest, kernel.key.text().size());
  const auto line = [&](const std::string& name, const std::string& energy, const std::string& time, const char* mark) {
    print(fmt::format("{:<{}} {:>12} {:>12}{}", name, widest, energy, time, mark));
  };
  line("kernel", "energy", "time", "");
  for (const auto& [kernel, prediction] : p.kernels)
    line(kernel.key.text(), prediction.known ? with_unit(prediction.energy_j, "J") : "unknown",
         prediction.known ? with_unit(prediction.time_s, "s") : "unknown",
         prediction.extrapolated ? "  extrapolated" : "");
  line(fmt::format("sum, batch of {}", batch), with_unit(p.energy_per_batch_j, "J"), with_unit(p.time_per_batch_s, "s"),
       "");
  const auto rows = static_cast<double>(batch);
  print(fmt::format("per prediction {}{} (90 % interval {} to {}), {} by {}", p.unknown > 0 ? "at least " : "",
                    with_unit(p.energy_per_batch_j / rows, "J"), with_unit(p.energy_low_per_batch_j / rows, "J"),
                    with_unit(p.energy_high_per_batch_j / rows, "J"), to_string(model.source), model.sensor));
  if (model.accuracy.rows == 0)
    print("predictor      none: every kernel known was measured itself");
  else
    print(fmt::format(
        "predictor      {:.1f} % mean error on held-out kernels (a constant {:.0f} %, FLOPs x constant {:.0f} %)",
        100 * model.accuracy.mape, 100 * model.accuracy.constant_mape, 100 * model.accuracy.flops_mape));
  if (p.unknown == 0) return;
  const auto unmeasured = std::count_if(p.kernels.begin(), p.kernels.end(), [](const auto& predicted) {
    return !predicted.prediction.known && predicted.kernel.key.type != KernelType::unknown;
  });
  print(fmt::format("unknown        {} kernels are not in the sum", p.unknown));
  if (unmeasured > 0)
    print(fmt::format("               {} of them cannot be measured alone, or were not within --profile-budget",
                      unmeasured));
}

void predict_command(const PredictFlags& flags) {
  const ModelEnergyRequest request = model_request(flags.model, flags.device, flags.common);
  const PredictedModel model = predict_model(request, terminal_notices(), terminal_progress(flags.common));
  clear_progress();
  if (flags.common.json)
    print_json(json_of(model, request.batch));
  else
    print_table(model, request.batch);
}

}  // namespace

Run add_predict(CLI::App& app) {
  const auto flags = std::make_shared<PredictFlags>();
  CLI::App& command = *app.add_subcommand("predict", "predict a model's energy and time, kernel by kernel");
  command.add_option("model", flags->model, "ONNX file")->required();
  add_device_flags(command, flags->device, true);
  add_common_flags(command, flags->common);
  return [flags] { predict_command(*flags); };
}

}  // namespace tabjoule::cli
