// An exponential moving average of a network's weights over the steps of training. With a constant learning rate the
// weights keep circling a minimum; their average lies nearer to it and generalises better (Polyak and Juditsky, 1992;
// Morales-Brotons, Vogels and Hendrikx, arXiv 2411.18704).
#pragma once

#include <map>
#include <string>

#include "nn/parameter_store.h"

namespace tabjoule {

class WeightAverage {
 public:
  /// Starts at the weights that `store` holds. `window_steps`: the weight of a step in the average falls to 1/e over so
  /// many further steps; at least 1.
  WeightAverage(const Network& network, const ParameterStore& store, double window_steps);

  /// Takes in the weights after one more step. Over the first steps the window grows with their number, so that the
  /// average soon forgets the initial weights.
  void update(const ParameterStore& store);

  /// Exchanges the store's weights with the average, and back again.
  void swap(ParameterStore& store);

 private:
  std::map<std::string, Matrix> average_;
  double decay_;
  double steps_ = 0;
};

}  // namespace tabjoule
