#include "kernel/pattern.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace tabjoule {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else if (c != ' ')
      parts.back() += c;
  }
  return parts;
}

bool any_empty(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const std::string& text) { return text.empty(); });
}

}  // namespace

PatternNode pattern_node_from(const std::string& line) {
  const auto equals = line.find('='), open = line.find('('), close = line.rfind(')');
  const bool formed = equals != std::string::npos && open != std::string::npos && equals < open &&
                      close != std::string::npos && close > open && close + 1 == line.size();
  if (!formed) fail_input("pattern line \"{}\": write it as \"output = Operator(input, input)\"", line);
  PatternNode node{split(line.substr(0, equals), ' ')[0], split(line.substr(equals + 1, open - equals - 1), '|'),
                   split(line.substr(open + 1, close - open - 1), ',')};
  std::erase(node.output, ' ');
  if (node.output.empty() || any_empty(node.operators) || any_empty(node.inputs) || node.output == "#" ||
      node.output == "_")
    fail_input("pattern line \"{}\": an output, operator or input has no name", line);
  return node;
}

std::string to_text(const PatternNode& node) {
  return fmt::format("{} = {}({})", node.output, fmt::join(node.operators, "|"), fmt::join(node.inputs, ", "));
}

void validate(const Pattern& pattern) {
  const bool makes = pattern.kernel == KernelType::elementwise || pattern.kernel == KernelType::layernorm ||
                     pattern.kernel == KernelType::softmax || pattern.kernel == KernelType::attention;
  if (!makes) {
    fail_input("pattern \"{}\": its kernel must be elementwise, layernorm, softmax or attention, not {}", pattern.name,
               to_string(pattern.kernel));
  }
  if (pattern.nodes.empty()) fail_input("pattern \"{}\" has no nodes", pattern.name);
  std::set<std::string> made, read;
  for (const PatternNode& node : pattern.nodes) {
    if (!made.insert(node.output).second) fail_input("pattern \"{}\" makes \"{}\" twice", pattern.name, node.output);
    for (const std::string& input : node.inputs) {
      read.insert(input);
      const auto maker = std::find_if(pattern.nodes.begin(), pattern.nodes.end(),
                                      [&](const PatternNode& other) { return other.output == input; });
      if (maker != pattern.nodes.end() && maker - pattern.nodes.begin() >= &node - pattern.nodes.data())
        fail_input("pattern \"{}\" reads \"{}\" before it makes it", pattern.name, input);
    }
  }
  for (std::size_t i = 0; i + 1 < pattern.nodes.size(); ++i) {
    if (!read.contains(pattern.nodes[i].output))
      fail_input("pattern \"{}\" makes \"{}\" for nobody", pattern.name, pattern.nodes[i].output);
  }
}

}  // namespace tabjoule
