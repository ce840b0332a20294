// A factorised policy: an independent categorical distribution for each decision of a space, trained by REINFORCE
// (Williams 1992; TuNAS, arXiv 2008.06120, section 3). Decisions that do not apply to an architecture are masked: they
// are neither drawn nor count in its probability, and learn nothing from it.
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "space/search_space.h"

namespace tabjoule {

class Policy {
 public:
  /// Starts from the decisions' priors (uniform where a decision has none).
  explicit Policy(const SearchSpace& space);

  [[nodiscard]] Architecture sample(Rng& rng) const;
  /// Of each choice of decision `d`.
  [[nodiscard]] const std::vector<double>& probabilities(std::size_t d) const { return probabilities_[d]; }
  [[nodiscard]] Architecture most_likely() const;
  [[nodiscard]] double log_probability(const Architecture& architecture) const;  ///< of a canonical one
  /// Sum of the decisions' entropies divided by what it was at first: 1 at the start, 0 when decided.
  [[nodiscard]] double relative_entropy() const;

  /// Adds weight * d log P(architecture) / d logits to `gradient` (one vector a decision, as `logits`).
  void add_score(const Architecture& architecture, double weight, std::vector<std::vector<double>>& gradient) const;
  /// Adds weight * dH / d logits, H being the sum of all decisions' entropies.
  void add_entropy_gradient(double weight, std::vector<std::vector<double>>& gradient) const;
  [[nodiscard]] std::vector<std::vector<double>> zero_gradient() const;

  /// One step of Adam upwards along `gradient`.
  void ascend(const std::vector<std::vector<double>>& gradient, double learning_rate);

  [[nodiscard]] const std::vector<std::vector<double>>& logits() const { return logits_; }
  void set_logits(std::vector<std::vector<double>> logits);

 private:
  [[nodiscard]] bool applies(const Architecture& architecture, std::size_t d) const;
  void update();  // what follows from the logits, which change less often than they are asked for

  /// Decision d applies where decision `parent` does and has at least this choice.
  struct Mask {
    std::size_t parent = 0;
    int least_choice = 0;
  };
  std::vector<std::optional<Mask>> masks_;
  std::vector<std::vector<double>> logits_;
  std::vector<std::vector<double>> probabilities_;
  std::vector<std::vector<double>> cumulative_;        // of the probabilities
  std::vector<std::vector<double>> entropy_gradient_;  // dH / d logit
  std::vector<double> entropies_;
  double initial_entropy_ = 0;
  std::vector<std::vector<double>> first_moment_, second_moment_;
  int updates_ = 0;
};

}  // namespace tabjoule
