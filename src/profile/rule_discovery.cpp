#include "profile/rule_discovery.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "graph/onnx/onnx_file.h"
#include "profile/rule_models.h"

namespace tabjoule {
namespace {

constexpr int kCopies = 8;
constexpr int kBranches = 4;
constexpr double kThreshold = 0.5;

/// One thing of three costs: seconds or joules.
struct Figure {
  double value = 0;
  double half_width = 0;
};
using Figures = std::array<Figure, 3>;

/// (a + b - both) / min(a, b)
SavedShare saved_by_joining(const Figures& figures) {
  const auto& [a, b, both] = figures;
  const double cheaper = std::min(a.value, b.value);
  const double width = std::hypot(a.half_width, b.half_width, both.half_width);
  if (!(cheaper > 0)) return {0, std::numeric_limits<double>::infinity()};
  return {(a.value + b.value - both.value) / cheaper, width / cheaper};
}

/// (apart - siblings) / (apart - single); not to be told where apart and single cost the same.
SavedShare saved_by_merging(const Figures& figures) {
  const auto& [apart, siblings, single] = figures;
  const double most = apart.value - single.value;
  const double doubt = std::hypot(apart.half_width, single.half_width);
  if (!(most > 2 * doubt)) return {0, std::numeric_limits<double>::infinity()};
  const double share = (apart.value - siblings.value) / most;
  return {share, (std::hypot(apart.half_width, siblings.half_width) + std::abs(share) * doubt) / most};
}

struct Experiment {
  std::string rule;
  std::array<Graph, 3> models;
  SavedShare (*share)(const Figures&) = saved_by_joining;
  bool assumed = false;
};

Verdict verdict_of(const SavedShare& share) {
  if (std::abs(share.value - kThreshold) <= share.half_width_95) return Verdict::undecided;
  return share.value > kThreshold ? Verdict::yes : Verdict::no;
}

/// Time and energy together: one of them clear, the other not against it.
Verdict verdict_of(const RuleEvidence& evidence) {
  const Verdict time = verdict_of(evidence.time);
  const Verdict energy = verdict_of(evidence.energy);
  if (time == Verdict::undecided) return energy;
  return energy == Verdict::undecided || energy == time ? time : Verdict::undecided;
}

std::string text_of(const FusionFacts::Pair& pair) {
  return fmt::format("{} + {}{}", pair.first, pair.second, pair.other == Operand::tensor ? " of another tensor" : "");
}

/// A step that takes another tensor takes a constant as well.
bool holds(const FusionFacts& facts, FusionFacts::Pair pair) {
  if (facts.pairs.contains(pair)) return true;
  if (pair.other == Operand::tensor) return false;
  pair.other = Operand::tensor;
  return facts.pairs.contains(pair);
}

class Discovery {
 public:
  Discovery(Device& device, const FusionRules& assumed, const DiscoveryOptions& options, const ProgressSink& progress)
      : device_(device),
        assumed_(assumed),
        facts_(facts_of(assumed)),
        options_(options),
        meter_(device, options.measure, CopyInputs::own),
        progress_(progress) {}

  DiscoveredRules run(const RuleQuestions& questions) {
    const double begin_s = device_.clock->now_s();
    end_s_ = begin_s + options_.budget_s;
    total_ = questions.pairs.size() + questions.siblings.size() + (questions.concat ? 1 : 0) +
             (questions.shared_output ? 1 : 0);
    session_ = meter_.session(options_.budget_s);
    for (const FusionFacts::Pair& pair : questions.pairs) ask_pair(pair);
    for (const std::string& op : questions.siblings) ask_siblings(op);
    if (questions.concat) ask_concat();
    if (questions.shared_output) ask_shared_output();
    return finish();
  }

 private:
  void ask_pair(const FusionFacts::Pair& pair) {
    const bool assumed = holds(facts_, pair);
    const Verdict verdict =
        ask({text_of(pair),
             {pair_model(pair, PairForm::first, kCopies), pair_model(pair, PairForm::second, kCopies),
              pair_model(pair, PairForm::both, kCopies)},
             saved_by_joining,
             assumed});
    if (verdict == Verdict::yes) {
      if (!assumed) found_.pairs.insert(pair);
      fused_.push_back(pair);
    } else if (verdict == Verdict::no && assumed) {
      lost_.insert(pair);
    }
  }

  void ask_siblings(const std::string& op) {
    const auto model = [&](BranchForm form) { return branch_model(op, form, kBranches, kCopies / 2); };
    const Verdict verdict = ask({fmt::format("{0} || {0}", op),
                                 {model(BranchForm::apart), model(BranchForm::siblings), model(BranchForm::single)},
                                 saved_by_merging,
                                 facts_.siblings.contains(op)});
    decide(verdict, op, facts_.siblings);
  }

  static void decide(Verdict verdict, const std::string& op, std::set<std::string>& ops) {
    if (verdict == Verdict::yes) ops.insert(op);
    if (verdict == Verdict::no) ops.erase(op);
  }

  void ask_concat() {
    const auto model = [](ConcatForm form) { return concat_model(form, kBranches, kCopies / 2); };
    const Verdict verdict = ask({"Concat in place",
                                 {model(ConcatForm::branches), model(ConcatForm::concat), model(ConcatForm::both)},
                                 saved_by_joining,
                                 facts_.concat_in_place});
    if (verdict != Verdict::undecided) facts_.concat_in_place = verdict == Verdict::yes;
  }

  /// Only a pair that fuses can tell.
  void ask_shared_output() {
    if (fused_.empty()) return;
    const FusionFacts::Pair& pair = fused_.front();
    const Verdict verdict =
        ask({text_of(pair) + " with another reader between",
             {pair_model(pair, PairForm::first, kCopies), pair_model(pair, PairForm::second, kCopies),
              pair_model(pair, PairForm::both_and_first_is_output, kCopies)},
             saved_by_joining,
             facts_.shared_output == SharedOutput::first_reader});
    if (verdict == Verdict::yes) facts_.shared_output = SharedOutput::first_reader;
    if (verdict == Verdict::no) facts_.shared_output = SharedOutput::apart;
  }

  Verdict ask(const Experiment& experiment) {
    RuleEvidence evidence;
    evidence.rule = experiment.rule;
    evidence.assumed = experiment.assumed;
    double patience = 1;
    while (evidence.verdict == Verdict::undecided && evidence.rounds < options_.rounds &&
           device_.clock->now_s() < end_s_) {
      measure_round(experiment, patience, evidence);
      patience *= 2;
    }
    result_.evidence.push_back(evidence);
    if (progress_)
      progress_({"fusion rules",
                 std::min(1.0, static_cast<double>(result_.evidence.size()) / static_cast<double>(total_)),
                 experiment.rule});
    return evidence.verdict;
  }

  void measure_round(const Experiment& experiment, double patience, RuleEvidence& evidence) {
    ++evidence.rounds;
    Figures times, energies;
    try {
      for (std::size_t i = 0; i < times.size(); ++i) {
        const MeteredCost cost = measured(experiment.models[i], patience);
        times[i] = {cost.time_s, cost.time_half_width_s};
        energies[i] = {cost.energy_j, cost.energy_half_width_j};
      }
    } catch (const UnstableError&) {
      return;  // the next round is more patient
    }
    evidence.time = experiment.share(times);
    evidence.energy = experiment.share(energies);
    evidence.verdict = verdict_of(evidence);
  }

  /// The same model is part of many experiments.
  MeteredCost measured(const Graph& graph, double patience) {
    const std::string key = fmt::format("{} {:016x}", patience, stable_hash(to_onnx(graph)));
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    const MeteredCost cost = meter_.model(graph, 1, patience) - session_.run;
    return known_.emplace(key, cost).first->second;
  }

  DiscoveredRules finish() {
    result_.rules = assumed_;
    if (contradictions(result_.evidence) > 0) {
      for (const FusionFacts::Pair& pair : lost_) {
        facts_.pairs.erase(pair);
        facts_.pairs.erase({pair.first, pair.second, Operand::tensor});
      }
      facts_.pairs.insert(found_.pairs.begin(), found_.pairs.end());
      result_.rules = rules_from(facts_, assumed_.name + "-discovered", assumed_);
    }
    return std::move(result_);
  }

  Device& device_;
  const FusionRules& assumed_;
  FusionFacts facts_;  ///< assumed, then corrected
  FusionFacts found_;  ///< pairs that fuse against what was assumed
  std::set<FusionFacts::Pair> lost_;
  std::vector<FusionFacts::Pair> fused_;
  const DiscoveryOptions& options_;
  KernelMeter meter_;
  const ProgressSink& progress_;
  SessionCost session_;
  std::map<std::string, MeteredCost> known_;
  DiscoveredRules result_;
  double end_s_ = 0;
  std::size_t total_ = 0;
};

bool listed(const std::vector<std::string>& list, const std::string& op) {
  return std::find(list.begin(), list.end(), op) != list.end();
}

}  // namespace

std::vector<FusionFacts::Pair> pairs_in(const Graph& graph) {
  std::map<std::string, const Node*> maker;
  for (const Node& node : graph.nodes)
    for (const std::string& output : node.outputs) maker[output] = &node;
  std::set<FusionFacts::Pair> pairs;
  for (const Node& node : graph.nodes) {
    if (!listed(testable_followers(), node.op)) continue;
    const auto made = [&](const std::string& input) { return maker.contains(input); };
    const auto tensors = std::count_if(node.inputs.begin(), node.inputs.end(), made);
    for (const std::string& input : node.inputs) {
      if (!made(input) || !listed(testable_heads(), maker[input]->op)) continue;
      pairs.insert(
          {maker[input]->op, node.op, is_binary(node.op) && tensors > 1 ? Operand::tensor : Operand::constant});
    }
  }
  return {pairs.begin(), pairs.end()};
}

RuleQuestions every_question() {
  RuleQuestions questions;
  for (const std::string& first : testable_heads()) {
    for (const std::string& second : testable_followers()) {
      questions.pairs.push_back({first, second, Operand::constant});
      if (is_binary(second)) questions.pairs.push_back({first, second, Operand::tensor});
    }
  }
  questions.siblings = {"Gemm", "MatMul", "Conv"};
  return questions;
}

DiscoveredRules discover_rules(Device& device, const FusionRules& assumed, const RuleQuestions& questions,
                               const DiscoveryOptions& options, const ProgressSink& progress) {
  if (options.rounds < 1) fail_usage("an experiment needs at least one round, got {}", options.rounds);
  return Discovery(device, assumed, options, progress).run(questions);
}

}  // namespace tabjoule
