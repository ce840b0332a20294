// kernel_model and session_model: models made to be measured.
#include "profile/kernel_model.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "graph/onnx/onnx_file.h"
#include "profile/kernel_parts.h"
#include "profile/profile.h"

namespace tabjoule {

Graph kernel_model(const KernelKey& key, int copies, CopyInputs copy_inputs) {
  if (copies < 1) fail_usage("a kernel's model needs at least one copy, got {}", copies);
  const std::vector<Dims> shapes = kernel_inputs(key);
  ModelBuilder model;
  std::vector<BuiltTensor> inputs;
  for (int copy = 0; copy < copies; ++copy) {
    if (copy == 0 || copy_inputs == CopyInputs::own) {
      inputs.clear();
      for (std::size_t i = 0; i < shapes.size(); ++i)
        inputs.push_back(model.input(shapes[i], kernel_input_type(key, i)));
    }
    model.output(add_kernel(model, key, inputs, "y" + std::to_string(copy)));
  }
  Graph graph = model.finish();
  for (const Node& node : graph.nodes)
    if (node.domain.empty() && !has_operator(node.op, ModelBuilder::kOpset))
      fail_input("{}: opset {} has no {}, so it cannot be built alone", key.text(), ModelBuilder::kOpset, node.op);
  return graph;
}

Graph session_model(int links, bool chained, CopyInputs inputs) {
  const KernelKey link{KernelType::linear, {1, 1, 1}, ""};
  ModelBuilder model;
  BuiltTensor input = model.input({1, 1});
  for (int i = 0; i < links; ++i) {
    if (i > 0 && !chained && inputs == CopyInputs::own) input = model.input({1, 1});
    const BuiltTensor output = add_kernel(model, link, std::span(&input, 1), "y" + std::to_string(i));
    if (!chained || i + 1 == links) model.output(output);
    if (chained) input = output;
  }
  return model.finish();
}

KernelKey session_key() {
  return {KernelType::session, std::vector<std::int64_t>(kernel_columns(KernelType::session).size(), 1), ""};
}

int copies_to_measure(const KernelKey& key) {
  constexpr double kWeightBytes = 256 << 10;
  constexpr double kLargeBytes = 512 << 10;
  constexpr int kMost = 32;
  const KernelWork work = work_of(key);
  const double bytes = parameter_bytes(key) + work.bytes_written;
  if (bytes > kLargeBytes) return 2;
  return static_cast<int>(std::clamp(kWeightBytes / std::max(1.0, bytes), 4.0, double{kMost}));
}

std::vector<MeasuringTask> crowding_tasks(std::span<const KernelKey> wanted, double most_weight_bytes) {
  constexpr std::int64_t kWidth = 256;  // 256 KB of weights a copy
  constexpr double kMostFlops = 1.5e9;  // some tens of milliseconds a run
  std::set<std::int64_t> rows;
  for (const KernelKey& key : wanted)
    if (key.type == KernelType::linear && !key.shape.empty()) rows.insert(key.shape[0]);
  std::vector<std::int64_t> chosen(rows.begin(), rows.end());
  if (chosen.size() > 3) chosen = {chosen.front(), chosen[chosen.size() / 2], chosen.back()};
  std::vector<MeasuringTask> tasks;
  for (const std::int64_t m : chosen) {
    const KernelKey key{KernelType::linear, {m, kWidth, kWidth}, "relu"};
    const KernelWork work = work_of(key);
    const double most = std::min(most_weight_bytes / parameter_bytes(key), kMostFlops / work.flops);
    for (int copies = 1; copies <= most; copies *= 2) tasks.push_back({key, copies, MeasuringTask::Purpose::crowding});
  }
  return tasks;
}

}  // namespace tabjoule
