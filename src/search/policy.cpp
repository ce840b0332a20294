#include "search/policy.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tabjoule {

Policy::Policy(const SearchSpace& space) {
  for (const auto& decision : space.decisions) {
    logits_.emplace_back(decision.choices.size(), 0.0);
    for (std::size_t c = 0; c < decision.prior.size(); ++c) logits_.back()[c] = std::log(decision.prior[c]);
    masks_.emplace_back();
    if (!decision.when) continue;
    const std::vector<int>& choices = space.decisions[decision.when->decision].choices;
    const auto least = std::lower_bound(choices.begin(), choices.end(), decision.when->least);
    masks_.back() = Mask{decision.when->decision, static_cast<int>(least - choices.begin())};
  }
  probabilities_ = cumulative_ = entropy_gradient_ = logits_;
  first_moment_ = second_moment_ = zero_gradient();
  entropies_.resize(logits_.size());
  update();
  initial_entropy_ = std::accumulate(entropies_.begin(), entropies_.end(), 0.0);
}

bool Policy::applies(const Architecture& architecture, std::size_t d) const {
  const std::optional<Mask>& mask = masks_[d];
  return !mask || (architecture.choices[mask->parent] >= mask->least_choice && applies(architecture, mask->parent));
}

void Policy::set_logits(std::vector<std::vector<double>> logits) {
  logits_ = std::move(logits);
  update();
}

void Policy::update() {
  for (std::size_t d = 0; d < logits_.size(); ++d) {
    std::vector<double>& p = probabilities_[d];
    const double top = *std::max_element(logits_[d].begin(), logits_[d].end());
    double sum = 0;
    for (std::size_t c = 0; c < p.size(); ++c) sum += p[c] = std::exp(logits_[d][c] - top);
    double below = 0;
    double entropy = 0;
    for (std::size_t c = 0; c < p.size(); ++c) {
      p[c] /= sum;
      cumulative_[d][c] = below += p[c];
      if (p[c] > 0) entropy -= p[c] * std::log(p[c]);
    }
    for (std::size_t c = 0; c < p.size(); ++c)
      entropy_gradient_[d][c] = p[c] > 0 ? -p[c] * (std::log(p[c]) + entropy) : 0;
    entropies_[d] = entropy;
  }
}

// One that a decision does not apply to takes no random number either.
Architecture Policy::sample(Rng& rng) const {
  Architecture result{std::vector<int>(logits_.size(), 0)};
  for (std::size_t d = 0; d < logits_.size(); ++d) {
    if (!applies(result, d)) continue;
    const auto& cumulative = cumulative_[d];
    const auto chosen = std::upper_bound(cumulative.begin(), cumulative.end() - 1, rng.uniform());
    result.choices[d] = static_cast<int>(chosen - cumulative.begin());
  }
  return result;
}

Architecture Policy::most_likely() const {
  Architecture result{std::vector<int>(logits_.size(), 0)};
  for (std::size_t d = 0; d < logits_.size(); ++d) {
    const auto& p = probabilities_[d];
    if (applies(result, d)) result.choices[d] = static_cast<int>(std::max_element(p.begin(), p.end()) - p.begin());
  }
  return result;
}

double Policy::log_probability(const Architecture& architecture) const {
  double sum = 0;
  for (std::size_t d = 0; d < logits_.size(); ++d)
    if (applies(architecture, d)) sum += std::log(probabilities_[d][static_cast<std::size_t>(architecture.choices[d])]);
  return sum;
}

double Policy::relative_entropy() const {
  const double now = std::accumulate(entropies_.begin(), entropies_.end(), 0.0);
  return initial_entropy_ == 0 ? 0 : now / initial_entropy_;
}

std::vector<std::vector<double>> Policy::zero_gradient() const {
  auto zero = logits_;
  for (auto& row : zero) std::fill(row.begin(), row.end(), 0.0);
  return zero;
}

void Policy::add_score(const Architecture& architecture, double weight,
                       std::vector<std::vector<double>>& gradient) const {
  for (std::size_t d = 0; d < logits_.size(); ++d) {
    if (!applies(architecture, d)) continue;
    const std::vector<double>& p = probabilities_[d];
    for (std::size_t c = 0; c < p.size(); ++c) gradient[d][c] -= weight * p[c];  // d log p(chosen) = [chosen] - p
    gradient[d][static_cast<std::size_t>(architecture.choices[d])] += weight;
  }
}

void Policy::add_entropy_gradient(double weight, std::vector<std::vector<double>>& gradient) const {
  for (std::size_t d = 0; d < logits_.size(); ++d)
    for (std::size_t c = 0; c < logits_[d].size(); ++c) gradient[d][c] += weight * entropy_gradient_[d][c];
}

void Policy::ascend(const std::vector<std::vector<double>>& gradient, double learning_rate) {
  constexpr double kBeta1 = 0.9;
  constexpr double kBeta2 = 0.999;
  ++updates_;
  const double correction1 = 1 - std::pow(kBeta1, updates_);
  const double correction2 = 1 - std::pow(kBeta2, updates_);
  for (std::size_t d = 0; d < logits_.size(); ++d) {
    for (std::size_t c = 0; c < logits_[d].size(); ++c) {
      const double g = gradient[d][c];
      double& m = first_moment_[d][c];
      double& v = second_moment_[d][c];
      m = kBeta1 * m + (1 - kBeta1) * g;
      v = kBeta2 * v + (1 - kBeta2) * g * g;
      logits_[d][c] += learning_rate * (m / correction1) / (std::sqrt(v / correction2) + 1e-8);
    }
  }
  update();
}

}  // namespace tabjoule
