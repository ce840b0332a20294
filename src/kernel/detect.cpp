#include "kernel/detect.h"

#include "base/error.h"
#include "kernel/functions.h"
#include "kernel/fuse.h"
#include "kernel/quantized_pairs.h"

namespace tabjoule {
namespace {

/// Names its chains as TensorRT does: "conv + relu || conv2 + relu2".
Kernel kernel_of(const Draft& draft, const Units& units) {
  Kernel kernel{draft.key, {}, ""};
  for (const Draft::Chain& chain : draft.chains) {
    if (!kernel.name.empty()) kernel.name += " || ";
    bool first = true;
    for (const std::size_t unit : chain.units) {
      for (const Node* node : units.list()[unit].nodes) {
        kernel.nodes.push_back(name_of(*node));
        kernel.name += (first ? "" : " + ") + kernel.nodes.back();
        first = false;
      }
    }
  }
  return kernel;
}

/// Runs the concat's share: "conv copy", after who made the tensor, or the concat where nobody of the graph did.
Kernel copy_of(const Draft& draft, const Units& units) {
  const auto& chain = draft.chains[0].units;
  const Node& concat = *units.list()[chain[1]].nodes[0];
  const Node& named = chain[0] == Units::kNobody ? concat : *units.list()[chain[0]].nodes[0];
  return {draft.key, {name_of(concat)}, name_of(named) + " copy"};
}

}  // namespace

KernelGraph detect_kernels(const Graph& graph, std::int64_t batch, const FusionRules& rules) {
  if (batch < 1) fail_usage("batch {}: give a number from 1", batch);
  const std::optional<Graph> absorbed = rules.quantized_pairs ? with_pairs_absorbed(graph) : std::nullopt;
  const Graph& quantized = absorbed ? *absorbed : graph;
  const std::optional<Graph> expanded = with_functions_expanded(quantized, rules);
  const Units units(expanded ? *expanded : quantized, batch, rules);
  const std::vector<Draft> drafts =
      place_concats(merge_siblings(fuse_chains(units, rules), units, rules), units, rules);
  KernelGraph result;
  for (const Draft& draft : drafts) {
    result.unknown += draft.key.type == KernelType::unknown;
    result.kernels.push_back(draft.copy ? copy_of(draft, units) : kernel_of(draft, units));
  }
  return result;
}

KernelGraph detect_kernels(const Graph& graph, std::int64_t batch) {
  return detect_kernels(graph, batch, onnxruntime_cpu_rules());
}

}  // namespace tabjoule
