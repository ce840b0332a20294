#include "search/policy.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tabjoule {

Policy::Policy(const SearchSpace& space) {
  for (const auto& decision : space.decisions) {
    logits_.emplace_back(decision.choices.size(), 0.0);
    for (std::size_t c = 0; c < decision.prior.size(); ++c) logits_.back()[c] = std::log(decision.prior[c]);
  }
  probabilities_ = cumulative_ = entropy_gradient_ = logits_;
  first_moment_ = second_moment_ = zero_gradient();
  entropies_.resize(logits_.size());
  update();
  initial_entropy_ = std::accumulate(entropies_.begin(), entropies_.end(), 0.0);
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

Architecture Policy::sample(Rng& rng) const {
  Architecture result;
  result.choices.reserve(logits_.size());
  for (const auto& cumulative : cumulative_) {
    const auto chosen = std::upper_bound(cumulative.begin(), cumulative.end() - 1, rng.uniform());
    result.choices.push_back(static_cast<int>(chosen - cumulative.begin()));
  }
  return result;
}

Architecture Policy::most_likely() const {
  Architecture result;
  for (const auto& p : probabilities_)
    result.choices.push_back(static_cast<int>(std::max_element(p.begin(), p.end()) - p.begin()));
  return result;
}

double Policy::log_probability(const Architecture& architecture) const {
  double sum = 0;
  for (std::size_t d = 0; d < logits_.size(); ++d)
    sum += std::log(probabilities_[d][static_cast<std::size_t>(architecture.choices[d])]);
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

void Policy::add_gradient(const Architecture& architecture, double advantage, double entropy_weight,
                          std::vector<std::vector<double>>& gradient) const {
  for (std::size_t d = 0; d < logits_.size(); ++d) {
    const std::vector<double>& p = probabilities_[d];
    for (std::size_t c = 0; c < p.size(); ++c)  // d log p(chosen) / d logit = [c is chosen] - p
      gradient[d][c] += entropy_weight * entropy_gradient_[d][c] - advantage * p[c];
    gradient[d][static_cast<std::size_t>(architecture.choices[d])] += advantage;
  }
}

// d log P(feasible) / d logit = E[c is chosen | feasible] - p, so that p cancels.
void Policy::add_gradient_among(const Architecture& architecture, double advantage,
                                const std::vector<std::vector<double>>& shares,
                                std::vector<std::vector<double>>& gradient) {
  for (std::size_t d = 0; d < shares.size(); ++d) {
    for (std::size_t c = 0; c < shares[d].size(); ++c) gradient[d][c] -= advantage * shares[d][c];
    gradient[d][static_cast<std::size_t>(architecture.choices[d])] += advantage;
  }
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
