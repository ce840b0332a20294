// Discovery finds the rules that a device was given, from noisy time and energy alone.
#include "profile/rule_discovery.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "profile/fake_device_test.h"
#include "profile/rule_models.h"

namespace tabjoule::rule_discovery_test {
namespace {

/// Charges every kernel that `rules` makes of a model 2 us and what its bytes and FLOPs take.
class RuleRunner final : public Runner {
 public:
  RuleRunner(fake::World& world, FusionRules rules) : world_(world), rules_(std::move(rules)) {}
  [[nodiscard]] std::string name() const override { return "fake"; }
  [[nodiscard]] std::string version() const override { return "1"; }
  [[nodiscard]] std::unique_ptr<LoadedModel> load(const std::string& onnx_bytes) override {
    double time_s = 5e-6;
    for (const Kernel& kernel : detect_kernels(from_onnx(onnx_bytes, "fake"), 1, rules_).kernels) {
      const KernelWork work = work_of(kernel.key);
      time_s += 2e-6 + work.flops / 1e12 + (work.bytes_read + work.bytes_written) / 1e11;
    }
    return std::make_unique<fake::FakeModel>(world_, time_s);
  }

 private:
  fake::World& world_;
  FusionRules rules_;
};

RuleQuestions some_questions() {
  return {{{"Gemm", "Relu", Operand::constant},
           {"Gemm", "Add", Operand::constant},
           {"Gemm", "Add", Operand::tensor},
           {"MatMul", "Add", Operand::constant},
           {"MatMul", "Relu", Operand::constant},
           {"Add", "Relu", Operand::constant},
           {"Relu", "Mul", Operand::tensor}},
          {"Gemm", "MatMul"},
          true,
          true};
}

DiscoveredRules discover(const FusionRules& truth, const FusionRules& assumed, double noise, std::uint64_t seed = 1,
                         const RuleQuestions& questions = some_questions()) {
  fake::World world;
  world.noise = noise;
  world.rng = Rng(seed);
  Device device = fake::device(world);
  device.runner = std::make_unique<RuleRunner>(world, truth);
  return discover_rules(
      device, assumed, questions,
      {.measure = {.trial_s = 0.001, .budget_s = 0.05, .give_up_relative_half_width = 10}, .budget_s = 1e4}, {});
}

/// Every question is answered as `truth` has it.
void expect_truth(const DiscoveredRules& found, const FusionRules& truth) {
  const DiscoveredRules sure = discover(truth, truth, 0);
  ASSERT_EQ(found.evidence.size(), sure.evidence.size());
  for (std::size_t i = 0; i < found.evidence.size(); ++i) {
    EXPECT_EQ(sure.evidence[i].rule, found.evidence[i].rule);
    EXPECT_EQ(found.evidence[i].verdict, sure.evidence[i].assumed ? Verdict::yes : Verdict::no)
        << found.evidence[i].rule;
  }
}

TEST(RuleDiscovery, ConfirmsTheRulesOfTheDevice) {
  for (const char* name : {"onnxruntime-cpu", "tensorrt"}) {
    const FusionRules rules = load_fusion_rules(name);
    const DiscoveredRules found = discover(rules, rules, 0.03);
    EXPECT_EQ(contradictions(found.evidence), 0) << name;
    EXPECT_EQ(found.rules, rules);
    EXPECT_EQ(found.evidence.size(), 11U);
    expect_truth(found, rules);
  }
}

TEST(RuleDiscovery, CorrectsWrongAssumptions) {
  const FusionRules tensorrt = load_fusion_rules("tensorrt");
  const FusionRules& cpu = onnxruntime_cpu_rules();
  for (const auto& [truth, assumed] : {std::pair{tensorrt, cpu}, {cpu, tensorrt}}) {
    const DiscoveredRules found = discover(truth, assumed, 0.03, 5);
    EXPECT_GT(contradictions(found.evidence), 0);
    expect_truth(found, truth);
    for (const char* op : {"Gemm", "MatMul"}) EXPECT_EQ(found.rules.siblings.contains(op), truth.siblings.contains(op));
    EXPECT_EQ(found.rules.concat_in_place, truth.concat_in_place);
    // What was asked is answered alike when the found rules run the device.
    expect_truth(discover(found.rules, assumed, 0), truth);
  }
}

TEST(RuleDiscovery, SeesFusionBehindASharedTensor) {
  FusionRules truth = onnxruntime_cpu_rules();
  truth.shared_output = SharedOutput::first_reader;
  const DiscoveredRules found = discover(truth, onnxruntime_cpu_rules(), 0.02);
  EXPECT_EQ(contradictions(found.evidence), 1);
  EXPECT_EQ(found.rules.shared_output, SharedOutput::first_reader);
}

TEST(RuleDiscovery, LeavesUndecidedWhatNoiseHides) {
  const FusionRules tensorrt = load_fusion_rules("tensorrt");
  fake::World world;
  world.noise = 3;
  Device device = fake::device(world);
  device.runner = std::make_unique<RuleRunner>(world, tensorrt);
  DiscoveryOptions options{
      .measure = {.trial_s = 0.001, .budget_s = 0.02, .give_up_relative_half_width = 10}, .budget_s = 1e4, .rounds = 1};
  DiscoveredRules found;
  try {
    found = discover_rules(device, onnxruntime_cpu_rules(), some_questions(), options, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);  // not even the session is stable
    return;
  }
  EXPECT_GT(std::count_if(found.evidence.begin(), found.evidence.end(),
                          [](const RuleEvidence& row) { return row.verdict == Verdict::undecided; }),
            0);
}

TEST(RuleDiscovery, TakesMoreRoundsWhereNoiseIsLarge) {
  const FusionRules tensorrt = load_fusion_rules("tensorrt");
  const RuleQuestions one{{{"Gemm", "Relu", Operand::constant}}, {}, false, false};
  EXPECT_EQ(discover(tensorrt, tensorrt, 0, 1, one).evidence.at(0).rounds, 1);
  EXPECT_GT(discover(tensorrt, tensorrt, 0.8, 1, one).evidence.at(0).rounds, 1);
}

TEST(RuleDiscovery, AsksWhatAGraphHolds) {
  Graph graph;
  graph.nodes = {{"a", "Gemm", "", {"x", "w", "b"}, {"a"}, {}},
                 {"r", "Relu", "", {"a"}, {"r"}, {}},
                 {"s", "Add", "", {"r", "a"}, {"s"}, {}},
                 {"t", "Mul", "", {"s", "scale"}, {"t"}, {}},
                 {"u", "Gemm", "", {"t", "w", "b"}, {"u"}, {}}};
  const std::vector<FusionFacts::Pair> expected{{"Add", "Mul", Operand::constant},
                                                {"Gemm", "Add", Operand::tensor},
                                                {"Gemm", "Relu", Operand::constant},
                                                {"Relu", "Add", Operand::tensor}};
  EXPECT_EQ(pairs_in(graph), expected);
  EXPECT_THROW((void)pair_model({"Gemm", "Gemm", Operand::constant}, PairForm::both, 1), Error);
  EXPECT_THROW((void)pair_model({"Gemm", "Relu", Operand::tensor}, PairForm::both, 1), Error);
  EXPECT_THROW((void)branch_model("Relu", BranchForm::apart, 2, 1), Error);
}

}  // namespace
}  // namespace tabjoule::rule_discovery_test
