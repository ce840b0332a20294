// Operators that run, with what they read and the kernel each would be on its own: what fusion works on.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/facts.h"
#include "kernel/fusion_rules.h"

namespace tabjoule {

struct Unit {
  std::string_view op;                   ///< the operator, or the pattern's name
  std::vector<const Node*> nodes;        ///< in execution order: one, or those of a pattern
  std::vector<std::string_view> inputs;  ///< as the node names them, vanished operators resolved; constants too
  std::vector<std::string_view> outputs;
  KernelKey key;  ///< as a kernel of its own
};

/// The units of a graph in execution order, and who makes and reads each tensor between them. What depends on
/// constants alone, feeds no output or vanishes is left out. Holds names by reference: the graph must outlive it.
class Units {
 public:
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);  ///< a graph's input or output, a constant

  Units(const Graph& graph, std::int64_t batch, const FusionRules& rules);

  [[nodiscard]] const std::vector<Unit>& list() const { return units_; }
  [[nodiscard]] const TensorFact* fact(std::string_view tensor) const { return facts_.find(tensor); }
  /// Constant, so known before anything runs; absent inputs ("") are.
  [[nodiscard]] bool constant(std::string_view tensor) const;
  /// The file's constant of that name, whose values may have been left out; null where there is none.
  [[nodiscard]] const Tensor* stored(std::string_view tensor) const { return graph_.constant(std::string(tensor)); }
  /// The unit that makes `tensor`, or kNobody.
  [[nodiscard]] std::size_t maker(std::string_view tensor) const;
  /// Units that read `tensor` in execution order, once a use; kNobody (last) where it is an output of the graph.
  [[nodiscard]] const std::vector<std::size_t>& readers(std::string_view tensor) const;
  /// Whether `unit`'s input `index` came through an operator that vanished.
  [[nodiscard]] bool through_view(std::size_t unit, std::size_t index) const;

 private:
  void visit(const Node& node, const FusionRules& rules);
  void add(const Node& node, KernelKey key, DataType dtype);
  void apply_patterns(const std::vector<Pattern>& patterns);
  std::vector<std::string_view> read_from_outside(const std::vector<std::size_t>& members) const;
  void index();
  std::string_view resolved(std::string_view tensor) const;

  const Graph& graph_;
  GraphFacts facts_;
  std::vector<Unit> units_;
  std::unordered_map<std::string_view, std::string_view> views_;  ///< output of a vanished operator -> its input
  std::unordered_map<std::string_view, std::size_t> makers_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> readers_;
};

}  // namespace tabjoule
