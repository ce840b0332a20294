// A search space as data: named decisions with their choices, and the family of networks they describe. An
// Architecture is one choice for each. The way in is load_space, then to_network.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/matrix.h"
#include "base/random.h"
#include "nn/network.h"
#include "table/preprocessor.h"

namespace tabjoule {

/// A decision applies only where an earlier one applies and has at least this value.
struct Condition {
  std::size_t decision = 0;
  int least = 1;
};

struct Decision {
  std::string name;
  std::vector<int> choices;  ///< ascending
  /// Probability of each choice before anything is known: supernet paths are drawn by it and policies start from it.
  /// Empty: uniform.
  std::vector<double> prior = {};
  std::optional<Condition> when = {};
};

/// One index into the choices of each decision; 0 for a decision that does not apply, so that a network has one
/// architecture.
struct Architecture {
  std::vector<int> choices;
  auto operator<=>(const Architecture&) const = default;
};

struct SearchSpace {
  std::string name;
  std::string family;  ///< which builder makes the network: "mlp", "resnet", "ft"
  std::vector<Decision> decisions;

  [[nodiscard]] std::size_t decision(const std::string& wanted) const;  ///< Errors (input): no such decision.
  /// Whether decision `d` means anything in this architecture.
  [[nodiscard]] bool applies(const Architecture& architecture, std::size_t d) const;
  /// How many architectures; the largest number there is where there are more.
  [[nodiscard]] std::uint64_t size() const;
};

/// Piecewise-linear embeddings of the numeric columns (TokenColumns says what they compute): the bins' edges, one
/// strictly ascending list a numeric column, as quantile_edges gives them, and the width of an embedding where the
/// family has none of its own (an FT-Transformer's tokens are as wide as the network; TabM takes 16).
struct NumericEmbedding {
  std::vector<std::vector<float>> edges;
  int width = 16;
};

/// What the table asks of a network: its input and output widths, what its columns are, and what training drops.
struct NetworkShape {
  int inputs = 0;
  int outputs = 0;
  float dropout = 0;  ///< of hidden layers: an MLP's, a ResNet block's between its linear layers, an FFN's
  /// The last columns are codes below these; what is before them is numeric. Families of encoding `codes` alone.
  std::vector<int> cardinalities{};
  float attention_dropout = 0;                          ///< of attention maps
  float residual_dropout = 0;                           ///< of a block's result before it is added
  std::shared_ptr<const NumericEmbedding> embedding{};  ///< null: numeric columns are taken as they are
};

/// A built-in space by name ("mlp") or a space file (docs/space-format.md). Errors (usage): neither; (input): the
/// file's fault, named.
[[nodiscard]] SearchSpace load_space(const std::string& name_or_file);
[[nodiscard]] SearchSpace space_from_json(const Json& json);
[[nodiscard]] std::vector<std::string> built_in_spaces();

[[nodiscard]] Architecture largest(const SearchSpace& space);
[[nodiscard]] Architecture smallest(const SearchSpace& space);
/// The architecture with 0 for what does not apply.
[[nodiscard]] Architecture canonical(const SearchSpace& space, Architecture architecture);
[[nodiscard]] Architecture random_architecture(const SearchSpace& space, Rng& rng);
/// Every architecture, in order. For spaces small enough to hold.
[[nodiscard]] std::vector<Architecture> all_architectures(const SearchSpace& space);

/// {"space": "mlp", "depth": 3, "width": 64}, of the decisions that apply; from_json errors (input): another space's
/// name, a decision is absent or does not apply, a value is no choice.
[[nodiscard]] Json to_json(const SearchSpace& space, const Architecture& architecture);
[[nodiscard]] Architecture architecture_from_json(const SearchSpace& space, const Json& json);
/// "mlp depth=3 width=64": the space's name, then every decision that applies.
[[nodiscard]] std::string to_text(const SearchSpace& space, const Architecture& architecture);

/// How the family wants categories: one-hot columns, or codes that it embeds itself.
[[nodiscard]] CategoryEncoding category_encoding(const SearchSpace& space);

/// The edges of at most `bins` bins for each of the first `numeric` columns of `x`, at the quantiles of its rows
/// (arXiv 2203.05556, section 3.2.1); equal quantiles are one edge, and a constant column has the one bin around it.
[[nodiscard]] std::vector<std::vector<float>> quantile_edges(const Matrix& x, int numeric, int bins = 48);

/// The network of an architecture. Parameters are named by their place, so that every network of a space takes
/// slices of the largest one's.
[[nodiscard]] Network to_network(const SearchSpace& space, const Architecture& architecture, const NetworkShape& shape);

}  // namespace tabjoule
