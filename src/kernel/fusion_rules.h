// Fusion rule sets: what a runtime makes one kernel of, as data (docs/fusion-rules.md). devices/rules/NAME.json are
// carried inside the library; others are read from files or built from what was discovered on a device.
#pragma once

#include <compare>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "kernel/pattern.h"

namespace tabjoule {

/// What the inputs of an operator that joins a kernel must be, beside the tensor that comes from the kernel.
enum class Operand {
  constant,  ///< every other input is a constant (a bias, the statistics of a BatchNormalization, none at all)
  tensor     ///< one other input is a tensor made before the kernel starts (a residual)
};

/// How many values each constant must have that an operator brings into a kernel.
enum class Constants { any, single, channel };

/// What may join a kernel next: an operator that reads the tensor which the kernel would have written.
struct FusionStep {
  std::vector<std::string> operators;
  Operand other = Operand::constant;
  bool required = false;                 ///< where nothing matches, the kernel ends here; else the step is passed over
  bool repeat = false;                   ///< any number of them
  std::optional<std::size_t> rank = {};  ///< only behind a tensor of so many dimensions
  Constants constants = Constants::any;  ///< one value is a scale; a value a channel folds into weights
  bool last = false;                     ///< where it matches, the kernel ends here

  bool operator==(const FusionStep&) const = default;
};

/// Kernels that start with one of `heads` take `steps` in order.
struct FusionChain {
  std::vector<std::string> heads;
  std::vector<FusionStep> steps;

  bool operator==(const FusionChain&) const = default;
};

/// An operator of one input without a kernel of its own: the runtime executes `nodes` in its place.
struct FunctionRule {
  std::string op;
  std::vector<PatternNode>
      nodes;  ///< each of one operator; the last makes the output, the only name not made is the input

  bool operator==(const FunctionRule&) const = default;
};

/// What happens where a tensor inside a would-be kernel has more than one reader (or is an output of the graph).
enum class SharedOutput {
  apart,        ///< the kernel ends with it
  first_reader  ///< the reader that executes first still joins; the tensor is written as well
};

struct FusionRules {
  std::string name;
  DataType dtype = DataType::float32;  ///< what kernels compute in
  std::set<std::string> vanishing;     ///< operators that run nothing: their readers read their first input
  std::vector<FunctionRule> functions;
  std::vector<Pattern> patterns;    ///< the first that matches takes its operators
  std::vector<FusionChain> chains;  ///< an operator is head of one at most
  std::set<std::string> siblings;   ///< operators whose nodes merge where they read one tensor alike
  bool concat_in_place = false;     ///< inputs of Concat are written where they belong
  bool one_shape = false;           ///< the runtime builds for one shape: what tells or computes shapes runs before
  bool quantized_pairs = false;     ///< what stands between DequantizeLinear and QuantizeLinear computes in integers
  SharedOutput shared_output = SharedOutput::apart;

  bool operator==(const FusionRules&) const = default;
  /// Null where kernels that start with `head` take nothing.
  [[nodiscard]] const FusionChain* chain_of(const std::string& head) const;
};

/// Name -> text of devices/rules/NAME.json, as they were when the library was built.
[[nodiscard]] const std::map<std::string, std::string>& embedded_fusion_rules();

/// A built-in name ("onnxruntime-cpu", "onnxruntime-cuda", "tensorrt"), else a file. Errors (usage): neither; (input):
/// not valid, naming file, member and what is allowed.
[[nodiscard]] FusionRules load_fusion_rules(const std::string& name_or_file);
[[nodiscard]] FusionRules fusion_rules_from_json(const Json& json);
[[nodiscard]] Json to_json(const FusionRules& rules);

/// The rules of ONNX Runtime's CPU provider, which detect_kernels takes where none are given.
[[nodiscard]] const FusionRules& onnxruntime_cpu_rules();

/// A rule set as single facts that an experiment on a device can decide: what discovery finds, and what two rule sets
/// are compared by.
struct FusionFacts {
  struct Pair {
    std::string first;   ///< what the kernel starts with
    std::string second;  ///< joins it when it comes right behind
    Operand other = Operand::constant;
    auto operator<=>(const Pair&) const = default;
  };
  std::set<Pair> pairs;
  std::set<std::string> siblings;
  bool concat_in_place = false;
  SharedOutput shared_output = SharedOutput::apart;

  bool operator==(const FusionFacts&) const = default;
};

[[nodiscard]] FusionFacts facts_of(const FusionRules& rules);

/// Rules that fuse exactly `facts.pairs` behind each first operator, those that read constants before those that
/// read a tensor, then activations. `like` gives what facts do not hold: the vanishing operators, functions and
/// patterns, the steps of single constants and the data type.
[[nodiscard]] FusionRules rules_from(const FusionFacts& facts, const std::string& name, const FusionRules& like);

/// One line a difference ("only tensorrt fuses Conv + Relu"); empty where the two decide alike.
[[nodiscard]] std::vector<std::string> differences(const FusionRules& a, const FusionRules& b);

}  // namespace tabjoule
