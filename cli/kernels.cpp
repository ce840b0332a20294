// tabjoule kernels: the kernels that a runtime makes of an ONNX model, without running it.
#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "cli/command.h"
#include "graph/dimensions.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "kernel/kernel_report.h"
#include "kernel/tensorrt_layers.h"
#include "profile/device.h"

namespace tabjoule::cli {
namespace {

struct KernelsFlags {
  CommonFlags common;
  std::string model, device = "auto", rules, layers, profile;
  std::vector<std::string> dims;
  std::int64_t batch = 1;
  bool dot = false;
};

FusionRules rules_of(const KernelsFlags& flags) {
  return flags.rules.empty() ? rules_of_device(flags.device) : load_fusion_rules(flags.rules);
}

std::map<std::string, std::int64_t> dims_of(const KernelsFlags& flags) {
  std::map<std::string, std::int64_t> result;
  for (const std::string& given : flags.dims) {
    const auto equals = given.rfind('=');
    std::int64_t value = 0;
    if (equals != std::string::npos && given.size() - equals <= 10 && given.size() - equals > 1 &&
        given.find_first_not_of("0123456789", equals + 1) == std::string::npos)
      value = std::stoll(given.substr(equals + 1));
    if (equals == 0 || value < 1) fail_usage("--dim \"{}\": write NAME=N with N from 1, as --dim tokens=128", given);
    result[given.substr(0, equals)] = value;
  }
  return result;
}

void print_layers(const LayerComparison& comparison) {
  print(fmt::format("engine         {} layers, {} of them as the rules have them, {} reformats", comparison.layers,
                    comparison.equal, comparison.reformats));
  for (const std::string& line : comparison.differences) print("differs        " + line);
}

void kernels_command(const KernelsFlags& flags) {
  const FusionRules rules = rules_of(flags);
  const Graph graph = with_dimensions(read_onnx(flags.model), dims_of(flags));
  const KernelGraph kernels = with_context(flags.model, [&] { return detect_kernels(graph, flags.batch, rules); });
  std::optional<LayerComparison> comparison;
  if (!flags.layers.empty()) {
    std::vector<EngineLayer> layers = read_layer_info(flags.layers);
    if (!flags.profile.empty()) add_layer_times(layers, std::filesystem::path(flags.profile));
    comparison = compare_layers(layers, kernels, graph);
  } else if (!flags.profile.empty()) {
    fail_usage("--profile needs --layers, the layer information of the same engine");
  }
  if (flags.common.json) {
    Json json = kernels_json(kernels, rules.name, flags.batch);
    if (comparison) json["engine"] = to_json(*comparison);
    return print_json(json);
  }
  if (flags.dot) return print(kernels_dot(kernels, graph));
  print(kernels_text(kernels, rules.name, flags.batch));
  if (comparison) print_layers(*comparison);
}

}  // namespace

Run add_kernels(CLI::App& app) {
  const auto flags = std::make_shared<KernelsFlags>();
  CLI::App& command = *app.add_subcommand("kernels", "show the kernels that a runtime makes of a model");
  command.add_option("model", flags->model, "ONNX file")->required();
  command
      .add_option("--device", flags->device,
                  "auto, cpu, cuda:N, tensorrt:N, sim:NAME: whose rules to apply; it need not be here")
      ->capture_default_str();
  command.add_option("--rules", flags->rules, "fusion rules: onnxruntime-cpu, onnxruntime-cuda, tensorrt or a file");
  command.add_option("--batch", flags->batch, "rows predicted at once")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--dim", flags->dims, "size of a named dimension that the model leaves open, as tokens=128");
  command.add_option("--layers", flags->layers, "compare with an engine: what trtexec --exportLayerInfo wrote");
  command.add_option("--profile", flags->profile, "the times beside --layers: what trtexec --exportProfile wrote");
  command.add_flag("--dot", flags->dot, "print the graph for Graphviz");
  add_common_flags(command, flags->common);
  return [flags] { kernels_command(*flags); };
}

}  // namespace tabjoule::cli
