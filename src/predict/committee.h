// Where a predictor disagrees with itself: the kernels that measuring tells most about.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "predict/predictor.h"

namespace tabjoule {

/// Query by committee (Seung, Opper and Sompolinsky 1992): predictors, each fitted to another seeded half of each
/// type's samples. Of a type of few samples a member takes as many as a fit needs. Deterministic, the same at any
/// number of threads. Errors: as Predictor::fit of half of the samples; fewer than 2 members (usage).
class Committee {
 public:
  explicit Committee(const DeviceProfile& profile, int members = 4, std::uint64_t seed = 0, int threads = 1);

  /// The standard deviation of the logarithms of the energies that the members predict for each key; where they have
  /// more than halves, widened to what halves would differ by. Kernels of a type that no part of its samples could be
  /// fitted to count kUnknownDisagreement, which is also the most. Thread-safe.
  [[nodiscard]] std::vector<double> disagreement(std::span<const KernelKey> keys) const;
  /// What one of the members predicts; 0 where it knows nothing.
  [[nodiscard]] double energy_j(const KernelKey& key) const;

 private:
  struct Member {
    Predictor predictor;
    std::map<TypeKey, double> narrowed;  ///< how much less than halves the members differ, by type
  };
  std::vector<Member> members_;
};

inline constexpr double kUnknownDisagreement = 1;

}  // namespace tabjoule
