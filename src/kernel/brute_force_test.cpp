// The rule engine against docs/fusion-rules.md taken word by word, on every small graph.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/random.h"
#include "kernel/detect.h"

namespace tabjoule::brute_force_test {
namespace {

/// An operator that reads tensors `a` and, where it takes two, `b`: 0 is the graph's input, i + 1 what node i makes.
struct TinyNode {
  std::string op;
  int a = 0, b = -1;
};
using Tiny = std::vector<TinyNode>;

bool takes_two(const std::string& op) { return op == "Add" || op == "Concat"; }

std::string tensor(int index) { return index == 0 ? "x" : "n" + std::to_string(index - 1); }

/// Widths of all tensors, or nothing where an Add does not fit. A Gemm makes 4.
std::optional<std::vector<int>> widths_of(const Tiny& tiny) {
  std::vector<int> widths = {4};
  for (const TinyNode& node : tiny) {
    const int a = widths[static_cast<std::size_t>(node.a)];
    const int b = node.b < 0 ? 0 : widths[static_cast<std::size_t>(node.b)];
    if (node.op == "Add" && a != b) return {};
    widths.push_back(node.op == "Gemm" ? 4 : node.op == "Concat" ? a + b : a);
  }
  return widths;
}

Graph graph_of(const Tiny& tiny, const std::vector<int>& widths) {
  Graph graph;
  graph.opsets[""] = 17;
  graph.inputs = {{"x", ElementType::float32, {2, 4}, {"", ""}}};
  graph.outputs = {{tensor(static_cast<int>(tiny.size())), ElementType::float32, {}, {}}};
  for (std::size_t i = 0; i < tiny.size(); ++i) {
    const TinyNode& node = tiny[i];
    Node made{tensor(static_cast<int>(i) + 1), node.op, "", {tensor(node.a)}, {tensor(static_cast<int>(i) + 1)}, {}};
    if (node.b >= 0) made.inputs.push_back(tensor(node.b));
    if (node.op == "Concat") made.attributes["axis"] = std::int64_t{1};
    if (node.op == "Gemm") {
      const std::string weight = "w" + std::to_string(i);
      made.inputs.push_back(weight);
      graph.constants.push_back(
          {weight, ElementType::float32, {widths[static_cast<std::size_t>(node.a)], 4}, {}, {}, {}, {}});
    }
    graph.nodes.push_back(std::move(made));
  }
  return graph;
}

struct Slow {
  const Tiny& tiny;
  const FusionRules& rules;

  struct Chain {
    std::vector<int> nodes;
    bool reads_tensor = false;
  };

  /// The nodes that read `wanted`, in order, once each.
  std::vector<int> readers(int wanted) const {
    std::vector<int> result;
    for (int i = 0; i < static_cast<int>(tiny.size()); ++i) {
      const TinyNode& node = tiny[static_cast<std::size_t>(i)];
      if (node.a == wanted || node.b == wanted) result.push_back(i);
    }
    return result;
  }

  /// The node that `step` takes behind `last` of a kernel that starts with `head`, or -1.
  int taken_by(const FusionStep& step, int head, int last, const std::vector<bool>& taken) const {
    const std::vector<int> behind = readers(last + 1);
    if (behind.empty()) return -1;
    if (behind.size() > 1 && rules.shared_output == SharedOutput::apart) return -1;
    const TinyNode& node = tiny[static_cast<std::size_t>(behind[0])];
    if (taken[static_cast<std::size_t>(behind[0])] || node.op == "Concat") return -1;  // it makes more than it reads
    if (std::find(step.operators.begin(), step.operators.end(), node.op) == step.operators.end()) return -1;
    if (node.b < 0 || node.a == node.b) return behind[0];
    const int other = node.a == last + 1 ? node.b : node.a;
    const bool before = other - 1 < head;  // the graph's input, or made before the head executes
    return step.other == Operand::tensor && before ? behind[0] : -1;
  }

  std::vector<std::vector<Chain>> kernels() const {
    std::vector<bool> taken(tiny.size(), false);
    std::vector<std::vector<Chain>> result;
    for (int head = 0; head < static_cast<int>(tiny.size()); ++head) {
      if (taken[static_cast<std::size_t>(head)]) continue;
      Chain chain{{head}, false};
      const FusionChain* rule = rules.chain_of(tiny[static_cast<std::size_t>(head)].op);
      for (std::size_t s = 0; rule != nullptr && s < rule->steps.size(); ++s) {
        const FusionStep& step = rule->steps[s];
        int count = 0;
        for (int next = taken_by(step, head, chain.nodes.back(), taken); next >= 0;
             next = taken_by(step, head, chain.nodes.back(), taken)) {
          const TinyNode& node = tiny[static_cast<std::size_t>(next)];
          chain.reads_tensor |= node.b >= 0 && node.a != node.b;
          chain.nodes.push_back(next);
          taken[static_cast<std::size_t>(next)] = true;
          ++count;
          if (!step.repeat) break;
        }
        if (count == 0 && step.required) break;
      }
      place(std::move(chain), result);
    }
    return result;
  }

  /// Beside its first sibling, or behind all.
  void place(Chain chain, std::vector<std::vector<Chain>>& result) const {
    const TinyNode& head = tiny[static_cast<std::size_t>(chain.nodes[0])];
    for (std::vector<Chain>& other : result) {
      const TinyNode& first = tiny[static_cast<std::size_t>(other[0].nodes[0])];
      if (!rules.siblings.contains(head.op) || chain.reads_tensor || other[0].reads_tensor) continue;
      if (first.op != head.op || first.a != head.a) continue;
      other.push_back(std::move(chain));
      return;
    }
    result.push_back({std::move(chain)});
  }

  /// The kernels' names; `concat` becomes a copy for each input that cannot be written in place.
  std::vector<std::string> names() const {
    const auto all = kernels();
    std::vector<std::string> result;
    std::vector<int> placed;
    for (const std::vector<Chain>& kernel : all) {
      const int head = kernel[0].nodes[0];
      if (rules.concat_in_place && tiny[static_cast<std::size_t>(head)].op == "Concat") {
        for (const int input : {tiny[static_cast<std::size_t>(head)].a, tiny[static_cast<std::size_t>(head)].b}) {
          const std::vector<Chain>* maker = nullptr;
          int first = head;
          for (const auto& other : all) {
            for (const Chain& chain : other) {
              if (chain.nodes.back() + 1 == input) maker = &other, first = chain.nodes[0];
              // Shared by the rules: made inside a chain, and read by others as well.
              if (std::find(chain.nodes.begin(), chain.nodes.end(), input - 1) != chain.nodes.end() && maker == nullptr)
                first = input - 1;
            }
          }
          const bool once = std::find(placed.begin(), placed.end(), input) == placed.end();
          if (maker != nullptr && maker->size() == 1 && once)
            placed.push_back(input);
          else
            result.push_back(tensor(first + 1) + " copy");
        }
        continue;
      }
      std::string name;
      for (const Chain& chain : kernel) {
        if (!name.empty()) name += " || ";
        for (const int node : chain.nodes) name += (node == chain.nodes[0] ? "" : " + ") + tensor(node + 1);
      }
      result.push_back(name);
    }
    return result;
  }
};

void expect_same(const Tiny& tiny, const FusionRules& rules) {
  const auto widths = widths_of(tiny);
  if (!widths) return;
  std::vector<std::string> fast;
  for (const Kernel& kernel : detect_kernels(graph_of(tiny, *widths), 2, rules).kernels) fast.push_back(kernel.name);
  const std::vector<std::string> slow = Slow{tiny, rules}.names();
  if (fast == slow) return;
  std::string text;
  for (const TinyNode& node : tiny)
    text += node.op + "(" + tensor(node.a) + (node.b < 0 ? ") " : "," + tensor(node.b) + ") ");
  FAIL() << rules.name << ": " << text << "\nfast: " << ::testing::PrintToString(fast)
         << "\nslow: " << ::testing::PrintToString(slow);
}

bool all_read(const Tiny& tiny) {
  std::vector<bool> read(tiny.size() + 1, false);
  for (const TinyNode& node : tiny) {
    read[static_cast<std::size_t>(node.a)] = true;
    if (node.b >= 0) read[static_cast<std::size_t>(node.b)] = true;
  }
  return std::all_of(read.begin() + 1, read.end() - 1, [](bool value) { return value; });
}

/// Calls `visit` with every graph of `size` nodes over `alphabet` whose only end is its last node. Nodes stand in the
/// order of the latest tensor that they read: other orders of a file are the same graphs.
template <class Visit>
void enumerate(const std::vector<std::string>& alphabet, std::size_t size, Tiny& tiny, const Visit& visit) {
  if (::testing::Test::HasFatalFailure()) return;
  if (tiny.size() == size) {
    if (all_read(tiny)) visit(tiny);
    return;
  }
  const int latest = tiny.empty() ? 0 : std::max(tiny.back().a, tiny.back().b);
  for (const std::string& op : alphabet) {
    for (int a = 0; a <= static_cast<int>(tiny.size()); ++a) {
      for (int b = takes_two(op) ? 0 : -1; b <= (takes_two(op) ? a : -1); ++b) {
        if (a < latest) continue;
        tiny.push_back({op, a, b});
        enumerate(alphabet, size, tiny, visit);
        tiny.pop_back();
      }
    }
  }
}

std::vector<FusionRules> rule_sets() {
  FusionRules base;
  base.name = "base";
  base.chains = {{{"Gemm"}, {{{"Add"}, Operand::tensor}, {{"Relu"}}}},
                 {{"Relu", "Add"}, {{{"Relu", "Add"}, Operand::tensor, false, true}}}};
  base.siblings = {"Gemm"};
  base.concat_in_place = true;
  FusionRules shared = base;
  shared.name = "shared";
  shared.shared_output = SharedOutput::first_reader;
  FusionRules required = base;
  required.name = "required";
  required.chains = {{{"Gemm"}, {{{"Relu"}, Operand::constant, true}, {{"Relu", "Add"}, Operand::tensor}}}};
  required.siblings.clear();
  required.concat_in_place = false;
  return {base, shared, required};
}

TEST(BruteForce, EveryGraphOfUpToSixNodesHasTheKernelsThatTheRulesSay) {
  // The more nodes, the fewer operators: products and sums decide most; the test below samples the rest.
  const std::vector<std::vector<std::string>> alphabets = {
      {"Gemm", "Relu", "Add", "Concat"}, {"Gemm", "Relu", "Add", "Concat"}, {"Gemm", "Relu", "Add", "Concat"},
      {"Gemm", "Relu", "Add"},           {"Gemm", "Relu", "Add"},           {"Gemm", "Add"}};
  const auto sets = rule_sets();
  std::size_t graphs = 0;
  for (std::size_t size = 1; size <= alphabets.size(); ++size) {
    Tiny tiny;
    enumerate(alphabets[size - 1], size, tiny, [&](const Tiny& found) {
      ++graphs;
      for (const FusionRules& rules : sets) {
        if (size < 5 || graphs % sets.size() == static_cast<std::size_t>(&rules - sets.data()))
          expect_same(found, rules);
      }
    });
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_GT(graphs, 5000U);
}

TEST(BruteForce, SampledGraphsOfSixNodesWithConcats) {
  Rng rng(7);
  const std::vector<std::string> alphabet = {"Gemm", "Relu", "Add", "Concat"};
  const auto sets = rule_sets();
  for (int round = 0; round < 5000; ++round) {
    Tiny tiny;
    while (tiny.size() < 6) {
      const std::string& op = alphabet[rng.below(alphabet.size())];
      const auto tensors = tiny.size() + 1;
      const auto pick = [&] { return static_cast<int>(tensors - 1 - rng.below(std::min<std::uint64_t>(tensors, 3))); };
      tiny.push_back({op, pick(), takes_two(op) ? pick() : -1});
    }
    if (all_read(tiny)) expect_same(tiny, sets[static_cast<std::size_t>(round) % sets.size()]);
    ASSERT_FALSE(HasFatalFailure());
  }
}

}  // namespace
}  // namespace tabjoule::brute_force_test
