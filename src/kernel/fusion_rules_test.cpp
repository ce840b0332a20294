#include "kernel/fusion_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tabjoule::fusion_rules_test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string refusal(const Json& json) {
  try {
    static_cast<void>(fusion_rules_from_json(json));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return "no error";
}

TEST(FusionRules, EveryBuiltInSetIsReadAndWrittenBack) {
  for (const auto& [name, text] : embedded_fusion_rules()) {
    const FusionRules rules = load_fusion_rules(name);
    EXPECT_EQ(rules.name, name);
    EXPECT_EQ(fusion_rules_from_json(to_json(rules)), rules);
  }
  EXPECT_GE(embedded_fusion_rules().size(), 2U);
}

TEST(FusionRules, WhatIsWrongIsNamed) {
  const Json good = to_json(load_fusion_rules("tensorrt"));
  const auto with = [&](const char* pointer, const Json& value) {
    Json bad = good;
    bad[Json::json_pointer(pointer)] = value;
    return refusal(bad);
  };
  EXPECT_THAT(with("/version", 2), HasSubstr("version"));
  EXPECT_THAT(with("/sibling", Json::array()), HasSubstr("no member \"sibling\"; did you mean \"siblings\""));
  EXPECT_THAT(with("/dtype", "float23"), HasSubstr("\"float32\""));
  EXPECT_THAT(with("/shared_output", "both"), HasSubstr("\"apart\" or \"first_reader\""));
  EXPECT_THAT(with("/chains/0/steps/0/operators", Json::array()), HasSubstr("names no operators"));
  EXPECT_THAT(with("/chains/0/steps/0/other", 3), HasSubstr("\"constant\" or \"tensor\""));
  EXPECT_THAT(with("/chains/0/steps/0/constants", "two"), HasSubstr("\"single\" or \"channel\""));
  const auto function = [&](const char* line) {
    return with("/functions/0", {{"operator", "HardSwish"}, {"nodes", {line}}});
  };
  EXPECT_THAT(function("y = Mul(x, h)"), HasSubstr("\"HardSwish\" must have one input, it has 2"));
  EXPECT_THAT(function("y = Mul|Div(x)"), HasSubstr("one operator"));
  EXPECT_THAT(function("y"), HasSubstr("output = Operator"));
  EXPECT_THAT(with("/chains/0/heads/0", "Gemm"), HasSubstr("head of two chains"));
  EXPECT_THAT(with("/chains/0/heads/0", "Concat"), HasSubstr("in place"));
  EXPECT_THAT(with("/vanishing/0", "Conv"), HasSubstr("\"Conv\" vanishes"));
  EXPECT_THAT(with("/siblings", "Conv"), HasSubstr("list of operators"));
  Json bad = good;
  bad.erase("chains");
  EXPECT_THAT(refusal(bad), HasSubstr("\"chains\" is absent"));
  EXPECT_THROW(static_cast<void>(load_fusion_rules("tensorflow-nowhere")), Error);
}

TEST(FusionRules, FactsMakeRulesThatHaveTheseFacts) {
  FusionFacts facts;
  facts.pairs = {
      {"Gemm", "Relu", Operand::constant}, {"Gemm", "Add", Operand::tensor}, {"Mul", "Add", Operand::tensor}};
  facts.siblings = {"Gemm"};
  facts.concat_in_place = true;
  facts.shared_output = SharedOutput::first_reader;
  const FusionRules rules = rules_from(facts, "found", load_fusion_rules("tensorrt"));
  EXPECT_EQ(facts_of(rules), facts);
  EXPECT_EQ(rules.vanishing, load_fusion_rules("tensorrt").vanishing);
}

TEST(FusionRules, DifferencesNameWhoDoesWhat) {
  const FusionRules cpu = onnxruntime_cpu_rules(), tensorrt = load_fusion_rules("tensorrt");
  EXPECT_THAT(differences(cpu, cpu), IsEmpty());
  const auto lines = differences(cpu, tensorrt);
  EXPECT_THAT(lines, Contains("only tensorrt merges siblings of Gemm"));
  EXPECT_THAT(lines, Contains("only tensorrt fuses Gemm + Add of another tensor"));
  EXPECT_THAT(lines, Contains("only onnxruntime-cpu fuses Gemm + Selu"));
  FusionRules merging = cpu;
  merging.name = "merging";
  merging.siblings = {"Gemm"};
  EXPECT_THAT(differences(cpu, merging), ElementsAre("only merging merges siblings of Gemm"));
}

}  // namespace
}  // namespace tabjoule::fusion_rules_test
