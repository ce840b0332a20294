// Sums of predictions for thousands of architectures: each distinct kernel is predicted once.
#pragma once

#include <mutex>
#include <unordered_map>

#include "predict/crowding.h"
#include "predict/predictor.h"

namespace tabjoule {

struct KernelKeyHash {
  [[nodiscard]] std::size_t operator()(const KernelKey& key) const;
};

/// Per batch, the session's fixed cost included: the same sums as Predictor::predict(graph) without the details.
struct EnergySum {
  double energy_per_batch_j = 0;
  double time_per_batch_s = 0;
  int unknown = 0;
};

class EnergyTable {
 public:
  /// `predictor` must outlive the table.
  explicit EnergyTable(const Predictor& predictor);

  /// Thread-safe (a lock is held for the look-ups).
  [[nodiscard]] EnergySum sum(const KernelGraph& graph);
  [[nodiscard]] std::size_t size() const;  ///< distinct kernels met

 private:
  struct Entry {
    Crowd cost;
    int unknown = 0;
    double bytes = 0;  ///< that crowding makes dearer
    double m = 1;
    Crowd as_measured;
  };
  const Entry& entry(const KernelKey& key);

  const Predictor& predictor_;
  EnergySum session_;
  mutable std::mutex mutex_;
  std::unordered_map<KernelKey, Entry, KernelKeyHash> known_;
};

}  // namespace tabjoule
