// What is known of every tensor of a graph at one batch size: shape inference over the operators of operators.h.
#pragma once

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "kernel/operators.h"

namespace tabjoule {

/// Holds names by reference: the graph must outlive it.
class GraphFacts {
 public:
  /// Inputs and constants. `shapes_are_constants`: what Shape tells is known before anything runs even where the file
  /// leaves dimensions open. Errors (input): a dimension that is neither known nor the batch.
  GraphFacts(const Graph& graph, std::int64_t batch, bool shapes_are_constants = false);

  /// Null where nothing is known.
  [[nodiscard]] const TensorFact* find(std::string_view tensor) const;

  /// `node` with what is known of its inputs. Errors (input): an input's shape is not known.
  [[nodiscard]] OperatorCall call(const Node& node) const;

  /// Adds what `rule` says of the outputs of `call`'s node, and returns the first.
  const TensorFact& infer(const OperatorCall& call, const OperatorRule& rule);

  /// For a node whose operator nobody knows: adds what the file declares of its outputs, if it does.
  void take_declared(const Node& node);

 private:
  std::optional<Shape> substituted(const ValueInfo& info) const;

  const Graph& graph_;
  std::int64_t batch_;
  bool shapes_are_constants_;
  std::unordered_set<std::string> batch_names_;  ///< names of dimensions that are the batch
  std::unordered_map<std::string_view, TensorFact> facts_;
};

}  // namespace tabjoule
