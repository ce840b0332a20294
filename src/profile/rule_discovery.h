// Fusion rules out of experiments: what a device's runtime makes one kernel of, seen in time and energy alone.
//
// Fusion test (nn-Meter, MobiSys 2021, section 4.1): operators 1 and 2 run as one kernel if measuring them apart and
// together saves more than half of the cheaper one, T1 + T2 - T12 > 0.5 min(T1, T2). Parallel-kernel benchmark (arXiv
// 2504.08359): n branches that read one tensor are one merged kernel if their cost is nearer to that of the single
// wide operator than to that of n branches that read tensors of their own. Concats in place, and fusion behind a tensor
// that something else reads too, are the first test with other models. Where nn-Meter decides by one number, an
// experiment is repeated here until the 95 % interval of the share saved is clear of one half, for time or energy, and
// the other does not contradict.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/progress.h"
#include "kernel/fusion_rules.h"
#include "profile/kernel_meter.h"
#include "profile/rule_evidence.h"

namespace tabjoule {

struct DiscoveredRules {
  /// The assumed rules themselves where no verdict contradicts; else rules from the facts found, the assumed ones
  /// standing where nothing was decided.
  FusionRules rules;
  std::vector<RuleEvidence> evidence;
};

struct RuleQuestions {
  std::vector<FusionFacts::Pair> pairs;
  std::vector<std::string> siblings;  ///< of Gemm, MatMul, Conv
  bool concat = true;
  bool shared_output = true;
};

struct DiscoveryOptions {
  MeasureOptions measure;
  double budget_s = 10;  ///< what is not decided by then stays undecided
  int rounds = 4;        ///< each with twice the patience of the one before
};

/// Pairs of operators that follow each other in `graph` and can be tested: the first makes a tensor of its own, the
/// second works element by element or normalises.
[[nodiscard]] std::vector<FusionFacts::Pair> pairs_in(const Graph& graph);

/// All pairs of the operators that tests can be built of.
[[nodiscard]] RuleQuestions every_question();

/// Errors (usage): a pair or sibling that no test can be built of; (device): as KernelMeter::session, or the sensor
/// fails.
[[nodiscard]] DiscoveredRules discover_rules(Device& device, const FusionRules& assumed, const RuleQuestions& questions,
                                             const DiscoveryOptions& options, const ProgressSink& progress);

}  // namespace tabjoule
