// What to measure on a device: the kernels of search spaces and of models.
#include <functional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "pipeline/device_profiling.h"
#include "space/search_space.h"

namespace tabjoule {
namespace {

constexpr int kArchitectures = 400;         // of each space, table and batch
constexpr int kWholeModels = 2;             // of each space, table and batch
constexpr std::size_t kMostKernels = 3000;  // the order in which to measure them is quadratic in their number
constexpr int kCardinality = 10;

/// A third of the columns are categories where the family embeds them itself.
NetworkShape table_of(const SearchSpace& space, int inputs, int outputs) {
  NetworkShape shape;
  shape.inputs = inputs;
  shape.outputs = outputs;
  if (category_encoding(space) == CategoryEncoding::codes)
    shape.cardinalities.assign(static_cast<std::size_t>(inputs / 3), kCardinality);
  return shape;
}

/// What a request's spaces, tables and batches come to, one after the other.
void for_each_space(const ProfileRequest& request,
                    const std::function<void(const SearchSpace&, const NetworkShape&, std::int64_t, Rng)>& visit) {
  std::vector<std::string> names = request.spaces;
  if (names.empty() && request.models.empty()) names = {"mlp"};
  std::uint64_t stream = 0;
  for (const std::int64_t batch : request.batches) {
    if (batch < 1 || batch > 65536) fail_usage("--batch must lie in 1 .. 65536, it is {}", batch);
    for (const std::string& name : names) {
      const SearchSpace space = load_space(name);
      for (const int inputs : request.inputs) {
        if (inputs < 1 || request.outputs < 1) fail_usage("--inputs and --outputs must be at least 1");
        visit(space, table_of(space, inputs, request.outputs), batch, Rng(request.seed).split(stream++));
      }
    }
  }
}

class Targets {
 public:
  void add(const KernelGraph& graph) {
    for (const Kernel& kernel : graph.kernels) {
      if (kernel.key.type == KernelType::unknown)
        unknown_.insert(kernel.key.variant);
      else
        keys_.insert(kernel.key);
    }
  }

  void add_model(ModelToMeasure model) { targets_.models.push_back(std::move(model)); }

  ProfilingTargets finish(const NoticeSink& notice) {
    for (const std::string& op : unknown_)
      notice(fmt::format("operator {} has no kernel type yet: its kernels are not measured", op));
    if (keys_.empty()) fail_usage("there is no kernel to measure: give --space or --models");
    targets_.kernels.assign(keys_.begin(), keys_.end());
    Rng(0).keep_some(targets_.kernels, kMostKernels);
    return std::move(targets_);
  }

 private:
  std::set<KernelKey> keys_;
  std::set<std::string> unknown_;
  ProfilingTargets targets_;
};

void add_space(Targets& targets, const SearchSpace& space, const NetworkShape& shape, std::int64_t batch, Rng rng,
               const FusionRules& rules) {
  const auto kernels = [&](const Network& network) {
    return detect_kernels(to_graph(network, nullptr, batch), batch, rules);
  };
  std::vector<Architecture> architectures{smallest(space), largest(space)};
  while (architectures.size() < std::min<std::uint64_t>(kArchitectures, space.size()))
    architectures.push_back(random_architecture(space, rng));
  for (const Architecture& architecture : architectures) targets.add(kernels(to_network(space, architecture, shape)));
  for (int i = 0; i < kWholeModels; ++i) {
    const Architecture architecture = random_architecture(space, rng);
    targets.add_model(whole_model(space, architecture, shape, batch, rules, rng.split(static_cast<std::uint64_t>(i))));
  }
}

void add_file(Targets& targets, const std::filesystem::path& path, std::int64_t batch, Device& device,
              const FusionRules& rules) {
  const std::string bytes = read_model(path);
  with_context(path.string(), [&] {
    const auto loaded = device.runner->load(bytes);
    const KernelGraph graph = detect_kernels(loaded->executed_graph(), batch, rules);
    targets.add(graph);
    ModelToMeasure model{
        path.filename().string(), [path] { return from_onnx(read_model(path), path.string()); }, batch, {}};
    for (const Kernel& kernel : graph.kernels) model.kernels.push_back(kernel.key);
    targets.add_model(std::move(model));
  });
}

}  // namespace

ProfilingTargets profiling_targets(const ProfileRequest& request, Device& device, const FusionRules& rules,
                                   const NoticeSink& notice) {
  Targets targets;
  for_each_space(request, [&](const SearchSpace& space, const NetworkShape& shape, std::int64_t batch, Rng rng) {
    add_space(targets, space, shape, batch, rng, rules);
  });
  for (const std::int64_t batch : request.batches)
    for (const auto& path : request.models) add_file(targets, path, batch, device, rules);
  return targets.finish(notice);
}

RuleQuestions profiling_questions(const ProfileRequest& request) {
  std::set<FusionFacts::Pair> pairs;
  std::set<std::string> operators;
  const auto add = [&](const Graph& graph) {
    for (const FusionFacts::Pair& pair : pairs_in(graph)) pairs.insert(pair);
    for (const Node& node : graph.nodes) operators.insert(node.op);
  };
  for_each_space(request, [&](const SearchSpace& space, const NetworkShape& shape, std::int64_t batch, Rng) {
    for (const Architecture& architecture : {smallest(space), largest(space)})
      add(to_graph(to_network(space, architecture, shape), nullptr, batch));
  });
  for (const auto& path : request.models) add(read_onnx(path));
  RuleQuestions questions;
  questions.pairs.assign(pairs.begin(), pairs.end());
  for (const char* op : {"Gemm", "MatMul", "Conv"})
    if (operators.contains(op)) questions.siblings.emplace_back(op);
  questions.concat = operators.contains("Concat");
  return questions;
}

}  // namespace tabjoule
