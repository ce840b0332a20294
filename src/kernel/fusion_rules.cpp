// Rule sets from JSON and back. Facts about a set, and what two sets differ in, are in fusion_facts.cpp.
#include "kernel/fusion_rules.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

constexpr int kVersion = 1;

const Json& member(const Json& json, const std::string& name) {
  const auto found = json.find(name);
  if (found == json.end()) fail_input("\"{}\" is absent; add it", name);
  return *found;
}

std::vector<std::string> operators_of(const Json& json, const std::string& name) {
  const Json& list = member(json, name);
  if (!list.is_array()) fail_input("\"{}\" must be a list of operators", name);
  std::vector<std::string> result;
  for (const Json& item : list) {
    if (!item.is_string() || item.get<std::string>().empty()) fail_input("\"{}\" must hold operators' names", name);
    result.push_back(item.get<std::string>());
  }
  return result;
}

std::set<std::string> operator_set(const Json& json, const std::string& name) {
  const auto list = operators_of(json, name);
  return {list.begin(), list.end()};
}

bool flag_of(const Json& json, const std::string& name, bool otherwise) {
  const auto found = json.find(name);
  if (found == json.end()) return otherwise;
  if (!found->is_boolean()) fail_input("\"{}\" must be true or false", name);
  return found->get<bool>();
}

/// One of two words; `otherwise` where the member is absent.
bool word_is_second(const Json& json, const std::string& name, const char* first, const char* second) {
  const auto found = json.find(name);
  if (found == json.end() || *found == first) return false;
  if (*found != second) fail_input("\"{}\" must be \"{}\" or \"{}\"", name, first, second);
  return true;
}

std::optional<std::size_t> rank_of(const Json& json) {
  const auto rank = json.find("rank");
  if (rank == json.end()) return {};
  if (!rank->is_number_unsigned()) fail_input("\"rank\" must be a number of dimensions");
  return rank->get<std::size_t>();
}

FusionStep step_from(const Json& json) {
  require_members(json, {"operators", "other", "required", "repeat", "rank", "constants", "last"}, "a step");
  FusionStep step{operators_of(json, "operators"), Operand::constant, flag_of(json, "required", false),
                  flag_of(json, "repeat", false)};
  if (step.operators.empty()) fail_input("a step names no operators");
  if (word_is_second(json, "other", "constant", "tensor")) step.other = Operand::tensor;
  step.rank = rank_of(json);
  if (json.contains("constants"))
    step.constants = word_is_second(json, "constants", "single", "channel") ? Constants::channel : Constants::single;
  step.last = flag_of(json, "last", false);
  return step;
}

Pattern pattern_from(const Json& json) {
  require_members(json, {"name", "kernel", "nodes", "rank"}, "a pattern");
  const Json &name = member(json, "name"), &kernel = member(json, "kernel"), &nodes = member(json, "nodes");
  if (!name.is_string() || !kernel.is_string()) fail_input("\"name\" and \"kernel\" of a pattern must be texts");
  Pattern pattern{name.get<std::string>(), kernel_type_from(kernel.get<std::string>()), {}, rank_of(json)};
  if (!nodes.is_array()) fail_input("pattern \"{}\": \"nodes\" must be a list of texts", pattern.name);
  for (const Json& line : nodes) {
    if (!line.is_string()) fail_input("pattern \"{}\": \"nodes\" must be a list of texts", pattern.name);
    pattern.nodes.push_back(pattern_node_from(line.get<std::string>()));
  }
  validate(pattern);
  return pattern;
}

FunctionRule function_from(const Json& json) {
  require_members(json, {"operator", "nodes"}, "a function");
  const Json &op = member(json, "operator"), &nodes = member(json, "nodes");
  if (!op.is_string()) fail_input("\"operator\" of a function must be a text");
  FunctionRule function{op.get<std::string>(), {}};
  if (!nodes.is_array() || nodes.empty()) fail_input("function \"{}\": \"nodes\" must be a list of texts", function.op);
  std::set<std::string> inputs, made;
  for (const Json& line : nodes) {
    if (!line.is_string()) fail_input("function \"{}\": \"nodes\" must be a list of texts", function.op);
    const PatternNode& node = function.nodes.emplace_back(pattern_node_from(line.get<std::string>()));
    if (node.operators.size() != 1) fail_input("function \"{}\": a line must name one operator", function.op);
    for (const std::string& input : node.inputs)
      if (!made.contains(input)) inputs.insert(input);
    made.insert(node.output);
  }
  if (inputs.size() != 1) fail_input("function \"{}\" must have one input, it has {}", function.op, inputs.size());
  return function;
}

FusionChain chain_from(const Json& json) {
  require_members(json, {"heads", "steps"}, "a chain");
  FusionChain chain{operators_of(json, "heads"), {}};
  const Json& steps = member(json, "steps");
  if (!steps.is_array()) fail_input("\"steps\" must be a list");
  for (const Json& step : steps) chain.steps.push_back(step_from(step));
  return chain;
}

void require_one_chain_a_head(const FusionRules& rules) {
  std::set<std::string> heads;
  for (const FusionChain& chain : rules.chains) {
    for (const std::string& head : chain.heads) {
      if (!heads.insert(head).second) fail_input("\"{}\" is the head of two chains; join them", head);
      if (rules.vanishing.contains(head)) fail_input("\"{}\" vanishes, so it cannot be the head of a chain", head);
      if (rules.concat_in_place && head == "Concat")
        fail_input("\"Concat\" is written in place, so it cannot be the head of a chain");
    }
  }
}

}  // namespace

const FusionChain* FusionRules::chain_of(const std::string& head) const {
  for (const FusionChain& chain : chains) {
    if (std::find(chain.heads.begin(), chain.heads.end(), head) != chain.heads.end()) return &chain;
  }
  return nullptr;
}

FusionRules fusion_rules_from_json(const Json& json) {
  require_format(json, "tabjoule-fusion-rules", kVersion);
  require_members(json,
                  {"format", "version", "name", "note", "dtype", "vanishing", "shared_output", "functions", "patterns",
                   "chains", "siblings", "concat_in_place", "one_shape", "quantized_pairs"},
                  "the rule set");
  FusionRules rules;
  const Json& name = member(json, "name");
  if (!name.is_string()) fail_input("\"name\" must be a text");
  rules.name = name.get<std::string>();
  if (json.contains("dtype")) {
    if (!json["dtype"].is_string()) fail_input("\"dtype\" must be a text");
    rules.dtype = data_type_from(json["dtype"].get<std::string>());
  }
  rules.vanishing = operator_set(json, "vanishing");
  if (word_is_second(json, "shared_output", "apart", "first_reader")) rules.shared_output = SharedOutput::first_reader;
  if (json.contains("functions")) {
    if (!json["functions"].is_array()) fail_input("\"functions\" must be a list");
    for (const Json& function : json["functions"]) rules.functions.push_back(function_from(function));
  }
  if (json.contains("patterns")) {
    if (!json["patterns"].is_array()) fail_input("\"patterns\" must be a list");
    for (const Json& pattern : json["patterns"]) rules.patterns.push_back(pattern_from(pattern));
  }
  const Json& chains = member(json, "chains");
  if (!chains.is_array()) fail_input("\"chains\" must be a list");
  for (const Json& chain : chains) rules.chains.push_back(chain_from(chain));
  rules.siblings = operator_set(json, "siblings");
  rules.concat_in_place = flag_of(json, "concat_in_place", false);
  rules.one_shape = flag_of(json, "one_shape", false);
  rules.quantized_pairs = flag_of(json, "quantized_pairs", false);
  require_one_chain_a_head(rules);
  return rules;
}

Json to_json(const FusionRules& rules) {
  Json json = {{"format", "tabjoule-fusion-rules"},
               {"version", kVersion},
               {"name", rules.name},
               {"dtype", to_string(rules.dtype)},
               {"vanishing", rules.vanishing},
               {"shared_output", rules.shared_output == SharedOutput::apart ? "apart" : "first_reader"},
               {"functions", Json::array()},
               {"patterns", Json::array()},
               {"chains", Json::array()},
               {"siblings", rules.siblings},
               {"concat_in_place", rules.concat_in_place},
               {"one_shape", rules.one_shape},
               {"quantized_pairs", rules.quantized_pairs}};
  for (const FunctionRule& function : rules.functions) {
    Json nodes = Json::array();
    for (const PatternNode& node : function.nodes) nodes.push_back(to_text(node));
    json["functions"].push_back({{"operator", function.op}, {"nodes", nodes}});
  }
  for (const Pattern& pattern : rules.patterns) {
    Json nodes = Json::array();
    for (const PatternNode& node : pattern.nodes) nodes.push_back(to_text(node));
    json["patterns"].push_back({{"name", pattern.name}, {"kernel", to_string(pattern.kernel)}, {"nodes", nodes}});
    if (pattern.rank) json["patterns"].back()["rank"] = *pattern.rank;
  }
  for (const FusionChain& chain : rules.chains) {
    Json steps = Json::array();
    for (const FusionStep& step : chain.steps) {
      steps.push_back({{"operators", step.operators},
                       {"other", step.other == Operand::constant ? "constant" : "tensor"},
                       {"required", step.required},
                       {"repeat", step.repeat}});
      if (step.rank) steps.back()["rank"] = *step.rank;
      if (step.constants != Constants::any)
        steps.back()["constants"] = step.constants == Constants::single ? "single" : "channel";
      if (step.last) steps.back()["last"] = true;
    }
    json["chains"].push_back({{"heads", chain.heads}, {"steps", steps}});
  }
  return json;
}

FusionRules load_fusion_rules(const std::string& name_or_file) {
  const auto& built_in = embedded_fusion_rules();
  const auto found = built_in.find(name_or_file);
  if (found != built_in.end()) {
    return with_context("devices/rules/" + name_or_file + ".json",
                        [&] { return fusion_rules_from_json(Json::parse(found->second)); });
  }
  if (!std::filesystem::exists(name_or_file)) {
    std::vector<std::string> names;
    for (const auto& [name, text] : built_in) names.push_back(name);
    fail_usage("fusion rules \"{}\" are neither a file nor built in{}; built in are {}", name_or_file,
               did_you_mean(name_or_file, names), fmt::join(names, ", "));
  }
  return with_context(name_or_file, [&] { return fusion_rules_from_json(read_json(name_or_file)); });
}

const FusionRules& onnxruntime_cpu_rules() {
  static const FusionRules rules = load_fusion_rules("onnxruntime-cpu");
  return rules;
}

}  // namespace tabjoule
