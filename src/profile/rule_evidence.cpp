#include "profile/rule_evidence.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tabjoule {
namespace {

/// Nothing where no measurement became stable.
Json json_of(const SavedShare& share) {
  if (!std::isfinite(share.half_width_95)) return nullptr;
  return {{"saved", share.value}, {"half_width_95", share.half_width_95}};
}

SavedShare share_from(const Json& json) {
  if (json.is_null()) return {};
  return {json.at("saved").get<double>(), json.at("half_width_95").get<double>()};
}

Verdict verdict_from(const std::string& text) {
  for (const Verdict verdict : {Verdict::yes, Verdict::no, Verdict::undecided})
    if (text == to_string(verdict)) return verdict;
  fail_input("a verdict is yes, no or undecided, not \"{}\"", text);
}

}  // namespace

int contradictions(std::span<const RuleEvidence> evidence) {
  return static_cast<int>(std::count_if(evidence.begin(), evidence.end(), [](const RuleEvidence& row) {
    return row.verdict != Verdict::undecided && (row.verdict == Verdict::yes) != row.assumed;
  }));
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::yes:
      return "yes";
    case Verdict::no:
      return "no";
    case Verdict::undecided:
      break;
  }
  return "undecided";
}

Json to_json(const RuleEvidence& evidence) {
  return {{"rule", evidence.rule},          {"verdict", to_string(evidence.verdict)}, {"assumed", evidence.assumed},
          {"time", json_of(evidence.time)}, {"energy", json_of(evidence.energy)},     {"rounds", evidence.rounds}};
}

RuleEvidence rule_evidence_from_json(const Json& json) {
  try {
    return {json.at("rule").get<std::string>(), verdict_from(json.at("verdict").get<std::string>()),
            json.at("assumed").get<bool>(),     share_from(json.at("time")),
            share_from(json.at("energy")),      json.at("rounds").get<int>()};
  } catch (const Json::exception& error) {
    fail_input("rule evidence: {}", error.what());
  }
}

}  // namespace tabjoule
