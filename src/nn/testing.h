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

inline ParameterRef row_of_parameters(const std::string& name, int width, Init init, bool trained = true) {
  return {name, 1, width, init, 1, false, trained};
}
inline Layer layernorm(const std::string& name, int reads, int width, int tokens = 1) {
  return {LayerType::layernorm,
          name,
          {reads},
          width,
          0,
          {row_of_parameters(name + ".weight", width, Init::uniform_fan_in),
           row_of_parameters(name + ".bias", width, Init::uniform_fan_in)},
          tokens};
}
inline Layer batchnorm(const std::string& name, int reads, int width) {
  return {LayerType::batchnorm,
          name,
          {reads},
          width,
          0,
          {row_of_parameters(name + ".weight", width, Init::uniform_fan_in),
           row_of_parameters(name + ".bias", width, Init::uniform_fan_in),
           row_of_parameters(name + ".mean", width, Init::zeros, false),
           row_of_parameters(name + ".variance", width, Init::ones, false)}};
}
inline Layer tokens(const std::string& name, const TokenColumns& columns, int width) {
  const int flat = columns.flat;
  Layer layer{LayerType::tokens, name, {0}, flat > 0 ? columns.tokens() * flat + columns.passed : width};
  layer.tokens = flat > 0 ? 1 : columns.tokens();
  layer.columns = std::make_shared<const TokenColumns>(columns);
  const auto add = [&](const char* what, int rows) {
    layer.parameters.push_back({name + "." + what, rows, width, Init::uniform_fan_in, width, false});
  };
  if (columns.cls) add("cls", 1);
  if (columns.numeric > 0) add("weight", columns.numeric), add("bias", columns.numeric);
  if (!columns.edges.empty()) add("bins", columns.bins());
  if (!columns.cardinalities.empty()) {
    add("table", std::accumulate(columns.cardinalities.begin(), columns.cardinalities.end(), 0));
    add("codes", static_cast<int>(columns.cardinalities.size()));
  }
  return layer;
}

/// Two blocks of a ResNet, then BatchNorm, ReLU, Linear: a layer of every kind that works on matrices.
inline Network residual(int inputs, int width, int hidden, int outputs, float rate = 0) {
  Network network{{input(inputs), linear("in", 0, inputs, width)}};
  const auto last = [&] { return static_cast<int>(network.layers.size()) - 1; };
  for (const std::string block : {"a", "b"}) {
    const int stream = last();
    network.layers.push_back(batchnorm(block + ".norm", stream, width));
    network.layers.push_back(linear(block + ".up", last(), width, hidden));
    network.layers.push_back(relu(block + ".relu", last(), hidden));
    if (rate > 0) network.layers.push_back(dropout(block + ".drop", last(), hidden, rate));
    network.layers.push_back(linear(block + ".down", last(), hidden, width));
    if (rate > 0) network.layers.push_back(dropout(block + ".drop2", last(), width, rate));
    network.layers.push_back({LayerType::add, block + ".add", {stream, last()}, width});
  }
  network.layers.push_back(batchnorm("norm", last(), width));
  network.layers.push_back(relu("relu", last(), width));
  network.layers.push_back(linear("head", last(), width, outputs));
  return network;
}

inline TokenColumns mixed_columns() {
  TokenColumns columns;
  columns.numeric = 3;
  columns.cardinalities = {4, 3};
  columns.cls = true;
  return columns;
}

/// One block of attention and ReGLU on the tokens of `columns`, then the first token alone: a layer of every kind that
/// works on tokens.
inline Network attentive(const TokenColumns& columns, int width, int heads, int outputs, float rate = 0) {
  Network network{{input(columns.inputs()), tokens("tokens", columns, width)}};
  const int count = columns.tokens();
  const auto push = [&](Layer layer) {
    network.layers.push_back(std::move(layer));
    return static_cast<int>(network.layers.size()) - 1;
  };
  const auto wide = [&](Layer layer, int tokens_now) {
    layer.tokens = tokens_now;
    return push(std::move(layer));
  };
  const auto attend = [&](const std::string& name, int q_from, int kv_from, int queries) {
    const int q = wide(linear(name + ".q", q_from, width, width), queries);
    const int k = wide(linear(name + ".k", kv_from, width, width), count);
    const int v = wide(linear(name + ".v", kv_from, width, width), count);
    Layer layer{LayerType::attention, name, {q, k, v}, width, rate};
    layer.heads = heads;
    const int mixed = wide(layer, queries);
    return wide(linear(name + ".out", mixed, width, width), queries);
  };
  int x = wide({LayerType::add, "add", {1, attend("attention", 1, 1, count)}, width}, count);
  int y = push(layernorm("norm", x, width, count));
  y = wide(linear("up", y, width, 2 * width + 2), count);
  y = wide({LayerType::reglu, "reglu", {y}, width + 1}, count);
  if (rate > 0) y = wide(dropout("drop", y, width + 1, rate), count);
  y = wide(linear("down", y, width + 1, width), count);
  x = wide({LayerType::add, "add2", {x, y}, width}, count);
  const int cls = push({LayerType::first, "cls", {x}, width});
  const int normed = push(layernorm("norm2", x, width, count));
  const int query = push({LayerType::first, "query", {normed}, width});
  y = attend("attention2", query, normed, 1);
  x = push({LayerType::add, "add3", {cls, y}, width});
  y = push(layernorm("norm3", x, width));
  y = push(relu("relu", y, width));
  push(linear("head", y, width, outputs));
  return network;
}

inline Matrix random_matrix(int rows, int cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix m(rows, cols);
  for (Eigen::Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(rng.uniform(-1, 1));
  return m;
}

/// Rows that fit `columns`: numbers in (-1, 1), codes, numbers.
inline Matrix column_matrix(int rows, const TokenColumns& columns, std::uint64_t seed) {
  Matrix x = random_matrix(rows, columns.inputs(), seed);
  Rng rng(seed);
  for (int j = 0; j < static_cast<int>(columns.cardinalities.size()); ++j)
    for (int r = 0; r < rows; ++r)
      x(r, columns.numeric + j) =
          static_cast<float>(rng.below(static_cast<std::uint64_t>(columns.cardinalities[static_cast<std::size_t>(j)])));
  return x;
}

/// Rows for any network of these: where it begins with tokens, codes in their columns.
inline Matrix rows_for(const Network& network, int rows, std::uint64_t seed) {
  const Layer& second = network.layers[1];
  return second.type == LayerType::tokens ? column_matrix(rows, *second.columns, seed)
                                          : random_matrix(rows, network.input_width(), seed);
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
