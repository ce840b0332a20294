#include "pipeline/model_energy.h"

#include <set>

#include "base/error.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"

namespace tabjoule {
namespace {

std::unique_ptr<LoadedModel> load(const ModelEnergyRequest& request, Device& device) {
  if (request.batch < 1 || request.batch > 65536) fail_usage("--batch must lie in 1 .. 65536, it is {}", request.batch);
  const std::string bytes = read_model(request.model);
  return with_context(request.model.string(), [&] { return device.runner->load(bytes); });
}

}  // namespace

PredictedModel predict_model(const ModelEnergyRequest& request, const NoticeSink& notice,
                             const ProgressSink& progress) {
  Device device = open_device(request.device, request.device_options);
  const auto model = load(request, device);
  const KernelGraph graph = with_context(
      request.model.string(), [&] { return detect_kernels(device, model->executed_graph(), request.batch); });
  std::set<KernelKey> wanted;
  for (const auto& kernel : graph.kernels)
    if (kernel.key.type != KernelType::unknown) wanted.insert(kernel.key);

  EnergyModelOptions options;
  options.profile_budget_s = request.profile_budget_s;
  options.profile_folder = request.profile_folder;
  options.seed = request.seed;
  const std::vector<KernelKey> keys(wanted.begin(), wanted.end());
  const auto predictor = Predictor::fit(extended_profile(device, {keys, {}}, options, notice, progress),
                                        request.threads, FewSamples::look_up);
  return {device.name, device.energy.name, device.energy.source, predictor.predict(graph), predictor.accuracy()};
}

Measurement measure_model(const ModelEnergyRequest& request, const MeasureOptions& options) {
  Device device = open_device(request.device, request.device_options);
  const auto model = load(request, device);
  with_context(request.model.string(), [&] { model->bind_random(request.batch, request.seed); });
  return measure(*model, request.batch, device, options);
}

}  // namespace tabjoule
