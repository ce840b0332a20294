// Networks and data for tests.
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "nn/training.h"

namespace tabjoule::testing_nn {

inline Layer input(int width) { return {LayerType::input, "features", {}, width, 0, {}}; }
inline Layer relu(const std::string& name, int reads, int width) {
  return {LayerType::relu, name, {reads}, width, 0, {}};
}
inline Layer dropout(const std::string& name, int reads, int width, float rate) {
  return {LayerType::dropout, name, {reads}, width, rate, {}};
}
inline Layer linear(const std::string& name, int reads, int input_width, int width) {
  return {LayerType::linear,
          name,
          {reads},
          width,
          0,
          {{name + ".weight", width, input_width, Init::uniform_fan_in, input_width, true},
           {name + ".bias", 1, width, Init::uniform_fan_in, input_width, false}}};
}

/// Linear, ReLU[, Dropout] for every width, then Linear; parameters are named by place, so that nets share a store.
inline Network mlp(int inputs, const std::vector<int>& widths, int outputs, float rate = 0) {
  Network network{{input(inputs)}};
  const auto last = [&] { return static_cast<int>(network.layers.size()) - 1; };
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string index = std::to_string(i);
    network.layers.push_back(linear("hidden" + index, last(), network.layers.back().width, widths[i]));
    network.layers.push_back(relu("relu" + index, last(), widths[i]));
    if (rate > 0) network.layers.push_back(dropout("dropout" + index, last(), widths[i], rate));
  }
  network.layers.push_back(linear("head", last(), network.layers.back().width, outputs));
  return network;
}

inline Matrix random_matrix(int rows, int cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix m(rows, cols);
  for (Eigen::Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(rng.uniform(-1, 1));
  return m;
}

/// Points of a square; the class is 1 where the signs of the first two features differ.
inline Samples xor_samples(int rows, int features, std::uint64_t seed) {
  Samples samples;
  samples.x = random_matrix(rows, features, seed);
  samples.task = Task::binary;
  for (int r = 0; r < rows; ++r) samples.labels.push_back((samples.x(r, 0) > 0) != (samples.x(r, 1) > 0) ? 1 : 0);
  return samples;
}

/// 20 + 10 (x0^2 - x1).
inline Samples curve_samples(int rows, int features, std::uint64_t seed) {
  Samples samples;
  samples.x = random_matrix(rows, features, seed);
  samples.task = Task::regression;
  samples.target_mean = 23;
  samples.target_std = 6.5F;
  for (int r = 0; r < rows; ++r)
    samples.values.push_back(20 + 10 * (samples.x(r, 0) * samples.x(r, 0) - samples.x(r, 1)));
  return samples;
}

inline RowIndices first_rows(int count) {
  RowIndices rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

/// Values and moments, bit for bit.
inline bool same(const ParameterStore& a, const ParameterStore& b) {
  if (a.all().size() != b.all().size()) return false;
  for (const auto& [name, p] : a.all()) {
    if (!b.contains(name)) return false;
    const Parameter& q = b.at(name);
    if (p.value != q.value || p.updates != q.updates || p.first_moment != q.first_moment ||
        p.second_moment != q.second_moment)
      return false;
  }
  return true;
}

}  // namespace tabjoule::testing_nn
