#include "kernel/kernel_report.h"

#include <fmt/ranges.h>

#include <set>

#include "base/text.h"
#include "graph/one_line.h"
#include "kernel/features.h"

namespace tabjoule {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : one_line(text)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

/// Tensor -> the kernels that make it; what vanished is bridged. A copy makes the output of its Concat.
class Makers {
 public:
  Makers(const KernelGraph& kernels, const Graph& graph) {
    std::map<std::string, std::vector<std::size_t>> of_node;
    for (std::size_t i = 0; i < kernels.kernels.size(); ++i) {
      for (const std::string& node : kernels.kernels[i].nodes) of_node[node].push_back(i);
    }
    for (const Node& node : graph.nodes) {
      if (node.outputs.empty()) continue;
      const auto found = of_node.find(name_of(node));
      // In-place Concats and views hand on what their inputs' kernels made.
      std::set<std::size_t> made;
      if (found != of_node.end()) made.insert(found->second.begin(), found->second.end());
      if (found == of_node.end() || node.op == "Concat") {
        for (const std::string& input : node.inputs) made.insert(makers_[input].begin(), makers_[input].end());
      }
      for (const std::string& output : node.outputs) makers_[output] = made;
    }
  }

  std::set<std::size_t> of(const std::string& tensor) const {
    const auto found = makers_.find(tensor);
    return found == makers_.end() ? std::set<std::size_t>{} : found->second;
  }

 private:
  std::map<std::string, std::set<std::size_t>> makers_;
};

}  // namespace

std::map<std::string, int> unknown_operators(const KernelGraph& kernels) {
  std::map<std::string, int> counts;
  for (const Kernel& kernel : kernels.kernels) {
    if (kernel.key.type == KernelType::unknown) ++counts[kernel.key.variant];
  }
  return counts;
}

std::string kernels_text(const KernelGraph& kernels, const std::string& rules, std::int64_t batch) {
  std::string text;
  KernelWork sum;
  for (std::size_t i = 0; i < kernels.kernels.size(); ++i) {
    const Kernel& kernel = kernels.kernels[i];
    const KernelWork work = work_of(kernel.key);
    sum.flops += work.flops;
    sum.parameters += work.parameters;
    sum.bytes_read += work.bytes_read;
    sum.bytes_written += work.bytes_written;
    text += fmt::format("{:>4}  {:<64} {:>12}\n", i + 1, one_line(kernel.key.text()), with_unit(work.flops, "FLOP"));
    for (const std::string& node : kernel.nodes) {
      const bool last = &node == &kernel.nodes.back();
      text += fmt::format("      {} {}\n", last ? "`-" : "|-", one_line(node));
    }
  }
  text += fmt::format("{} kernels by the rules of {} at batch {}: {}, {} moved, {} parameters", kernels.kernels.size(),
                      rules, batch, with_unit(sum.flops, "FLOP"), with_unit(sum.bytes_read + sum.bytes_written, "B"),
                      static_cast<std::int64_t>(sum.parameters));
  for (const auto& [op, count] : unknown_operators(kernels))
    text += fmt::format("\nunknown        {} ({} kernels, not in the sums)", one_line(op), count);
  return text;
}

Json kernels_json(const KernelGraph& kernels, const std::string& rules, std::int64_t batch) {
  Json list = Json::array();
  for (const Kernel& kernel : kernels.kernels) {
    const KernelFeatures features = features_of(kernel.key);
    Json json = {{"kernel", to_string(kernel.key.type)}};
    const auto& columns = kernel_columns(kernel.key.type);
    for (std::size_t i = 0; i < columns.size(); ++i) json[columns[i]] = kernel.key.shape[i];
    json["variant"] = kernel.key.variant;
    json["dtype"] = to_string(kernel.key.dtype);
    json["name"] = kernel.name;
    json["nodes"] = kernel.nodes;
    json["flops"] = features.flops;
    json["bytes"] = features.bytes;
    json["parameters"] = features.parameters;
    json["flops_per_byte"] = features.intensity;
    list.push_back(std::move(json));
  }
  return {{"rules", rules},
          {"batch", batch},
          {"kernels", list},
          {"unknown_kernels", kernels.unknown},
          {"unknown_operators", unknown_operators(kernels)}};
}

std::string kernels_dot(const KernelGraph& kernels, const Graph& graph) {
  std::string text = "digraph kernels {\n  node [shape=box, fontname=\"sans-serif\"];\n";
  std::map<std::string, std::vector<std::size_t>> kernels_of;
  for (std::size_t i = 0; i < kernels.kernels.size(); ++i) {
    const Kernel& kernel = kernels.kernels[i];
    text += fmt::format("  k{} [label={}, tooltip={}];\n", i, quoted(kernel.key.text()), quoted(kernel.name));
    for (const std::string& node : kernel.nodes) kernels_of[node].push_back(i);
  }
  const Makers makers(kernels, graph);
  std::set<std::pair<std::size_t, std::size_t>> arrows;
  for (const Node& node : graph.nodes) {
    if (node.outputs.empty()) continue;
    for (const std::size_t reader : kernels_of[name_of(node)]) {
      for (const std::string& input : node.inputs) {
        for (const std::size_t maker : makers.of(input)) {
          if (maker != reader) arrows.emplace(maker, reader);
        }
      }
    }
  }
  for (const auto& [from, to] : arrows) text += fmt::format("  k{} -> k{};\n", from, to);
  return text + "}";
}

}  // namespace tabjoule
