#include "nn/weight_average.h"

#include <algorithm>
#include <cmath>

namespace tabjoule {

WeightAverage::WeightAverage(const Network& network, const ParameterStore& store, double window_steps)
    : decay_(std::exp(-1 / std::max(window_steps, 1.0))) {
  for (const auto& layer : network.layers)
    for (const auto& ref : layer.parameters) average_[ref.name] = store.at(ref.name).value;
}

void WeightAverage::update(const ParameterStore& store) {
  ++steps_;
  const auto take = static_cast<float>(1 - std::min(decay_, steps_ / (steps_ + 9)));
  for (auto& [name, average] : average_) average += take * (store.at(name).value - average);
}

void WeightAverage::swap(ParameterStore& store) {
  for (auto& [name, average] : average_) store.at(name).value.swap(average);
}

}  // namespace tabjoule
