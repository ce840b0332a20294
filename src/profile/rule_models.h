// The models of the experiments in rule_discovery.h: each operator makes 4,096 values, little enough that a kernel's
// start counts, so that a fused operator is seen.
#pragma once

#include <string>
#include <vector>

#include "kernel/fusion_rules.h"
#include "profile/model_builder.h"

namespace tabjoule {

/// Operators that an experiment can start with, and those that can follow.
[[nodiscard]] const std::vector<std::string>& testable_heads();
[[nodiscard]] const std::vector<std::string>& testable_followers();
/// Whether the follower can read a second tensor.
[[nodiscard]] bool is_binary(const std::string& op);

/// How the parts of a pair stand in a model.
enum class PairForm { first, second, both, both_and_first_is_output };

/// `copies` of a pair or of one of its parts, each reading inputs of its own.
[[nodiscard]] Graph pair_model(const FusionFacts::Pair& pair, PairForm form, int copies);

enum class BranchForm { apart, siblings, single };

/// `copies` of `branches` products or convolutions: each reading its own tensor, all of a copy reading one, or one of
/// their joint width.
[[nodiscard]] Graph branch_model(const std::string& op, BranchForm form, int branches, int copies);

enum class ConcatForm { branches, concat, both };

/// `copies` of `branches` products of different tensors, of a Concat, or of the Concat of the products.
[[nodiscard]] Graph concat_model(ConcatForm form, int branches, int copies);

}  // namespace tabjoule
