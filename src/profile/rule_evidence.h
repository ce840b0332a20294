// What an experiment told about a fusion rule (profile/rule_discovery.h makes it, a profile keeps it).
#pragma once

#include <limits>
#include <span>
#include <string>

#include "base/json.h"

namespace tabjoule {

/// The share of what fusing could save that was saved: about 1 where operators fuse, about 0 where they do not.
struct SavedShare {
  double value = 0;
  double half_width_95 = std::numeric_limits<double>::infinity();  ///< until something stable was measured
};

enum class Verdict { yes, no, undecided };

struct RuleEvidence {
  std::string rule;  ///< "Gemm + Relu", "Gemm || Gemm", "Concat in place"
  Verdict verdict = Verdict::undecided;
  bool assumed = false;  ///< what the assumed rule set says of it
  SavedShare time, energy;
  int rounds = 0;
};

/// Verdicts against what was assumed.
[[nodiscard]] int contradictions(std::span<const RuleEvidence> evidence);

[[nodiscard]] const char* to_string(Verdict verdict);
[[nodiscard]] Json to_json(const RuleEvidence& evidence);
[[nodiscard]] RuleEvidence rule_evidence_from_json(const Json& json);  ///< Errors (input): a member is absent or wrong.

}  // namespace tabjoule
