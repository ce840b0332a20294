// A search space as data: named decisions with their choices, and the family of networks they describe. An
// Architecture is one choice for each. The way in is load_space, then to_network.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "nn/network.h"

namespace tabjoule {

struct Decision {
  std::string name;
  std::vector<int> choices;  ///< ascending
  /// Probability of each choice before anything is known: supernet paths are drawn by it and policies start from it.
  /// Empty: uniform.
  std::vector<double> prior = {};
};

struct SearchSpace {
  std::string name;
  std::string family;  ///< which builder makes the network: "mlp"
  std::vector<Decision> decisions;

  [[nodiscard]] std::size_t decision(const std::string& wanted) const;  ///< Errors (input): no such decision.
  [[nodiscard]] std::uint64_t size() const;                             ///< how many architectures
};

/// One index into the choices of each decision.
struct Architecture {
  std::vector<int> choices;
  auto operator<=>(const Architecture&) const = default;
};

/// What the table asks of a network: its input and output widths, and the dropout of its hidden layers.
struct NetworkShape {
  int inputs = 0;
  int outputs = 0;
  float dropout = 0;
};

/// A built-in space by name ("mlp") or a space file (docs/space-format.md). Errors (usage): neither; (input): the
/// file's fault, named.
[[nodiscard]] SearchSpace load_space(const std::string& name_or_file);
[[nodiscard]] SearchSpace space_from_json(const Json& json);
[[nodiscard]] std::vector<std::string> built_in_spaces();

[[nodiscard]] Architecture largest(const SearchSpace& space);
[[nodiscard]] Architecture smallest(const SearchSpace& space);
[[nodiscard]] Architecture random_architecture(const SearchSpace& space, Rng& rng);
/// Every architecture, in order. For spaces small enough to hold.
[[nodiscard]] std::vector<Architecture> all_architectures(const SearchSpace& space);

/// {"space": "mlp", "depth": 3, "width": 64}; from_json errors (input): another space's name, a decision is absent, a
/// value is no choice.
[[nodiscard]] Json to_json(const SearchSpace& space, const Architecture& architecture);
[[nodiscard]] Architecture architecture_from_json(const SearchSpace& space, const Json& json);
/// "mlp depth=3 width=64": the space's name, then every decision.
[[nodiscard]] std::string to_text(const SearchSpace& space, const Architecture& architecture);

/// The network of an architecture. Parameters are named by their place, so that every network of a space takes
/// slices of the largest one's.
[[nodiscard]] Network to_network(const SearchSpace& space, const Architecture& architecture, const NetworkShape& shape);

}  // namespace tabjoule
