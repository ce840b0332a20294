#include "nn/executor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>

#include "nn/slow_forward_test.h"

namespace tabjoule::executor_test {
namespace {

using namespace testing_nn;

constexpr int kRows = 9;

/// A store that holds `network` and room around it, so that every view is strided.
ParameterStore roomy_store(const Network& network, std::uint64_t seed) {
  Network larger = network;
  for (auto& layer : larger.layers)
    for (auto& ref : layer.parameters) {
      if (ref.rows > 1) ref.rows += 3;
      ref.cols += 5;
    }
  ParameterStore store;
  store.add(larger, Rng(seed));
  return store;
}

/// Forward of all rows in one shard. Outputs as a copy.
Matrix forward(Executor& executor, const Network& network, const ParameterStore& store, const Matrix& x, int shards,
               std::optional<std::uint64_t> dropout = {}) {
  std::optional<Rng> rng;
  if (dropout) rng.emplace(*dropout);
  executor.bind(network, store, {static_cast<int>(x.rows()), shards, rng ? &*rng : nullptr});
  std::copy_n(x.data(), x.size(), executor.input().data);
  if (shards == 0) executor.evaluate();
  for (int stage = 0; shards > 0 && stage < executor.stages(); ++stage) {
    for (int shard = shards; shard-- > 0;) executor.forward(stage, shard);
    executor.join_forward(stage);
  }
  const ConstBlock out = executor.output();
  return Eigen::Map<const Matrix>(out.data, out.rows, out.cols);
}

/// Backward of sum(coefficients * outputs).
void backward(Executor& executor, const Matrix& coefficients, int shards) {
  std::copy_n(coefficients.data(), coefficients.size(), executor.output_gradient().data);
  for (int stage = executor.stages(); stage-- > 0;) {
    for (int shard = 0; shard < shards; ++shard) executor.backward(stage, shard);
    executor.join_backward(stage);
  }
}

/// Outputs; gradients too where there are coefficients.
Matrix run(Executor& executor, const Network& network, const ParameterStore& store, const Matrix& x,
           std::optional<std::uint64_t> dropout = {}, const Matrix* coefficients = nullptr) {
  const Matrix y = forward(executor, network, store, x, coefficients != nullptr || dropout ? 1 : 0, dropout);
  if (coefficients != nullptr) backward(executor, *coefficients, 1);
  return y;
}

/// Of every parameter by name; each is computed twice over, the second time added to the first.
std::map<std::string, Matrix> gradients(const Executor& executor, const Network& network) {
  std::map<std::string, Matrix> all;
  for (std::size_t i = 1; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    const LayerKind& kind = kind_of(layer.type);
    for (const auto& ref : layer.parameters)
      if (ref.trained) all[ref.name] = Matrix::Constant(ref.rows, ref.cols, NAN);  // every element lies in a tile
    for (int index = 0; index < kind.tiles(layer); ++index) {
      const Tile tile = kind.tile(layer, index);
      std::vector<Matrix> parts;
      std::vector<Block> blocks;
      for (int b = 0; b < tile.count; ++b) {
        const ParameterBlock& shape = tile.blocks[static_cast<std::size_t>(b)];
        parts.emplace_back(Matrix::Constant(shape.rows, shape.cols, NAN));
      }
      for (Matrix& part : parts) blocks.push_back(block(part));
      executor.tile_gradient(i, index, blocks, false);
      executor.tile_gradient(i, index, blocks, true);
      for (int b = 0; b < tile.count; ++b) {
        const ParameterBlock& at = tile.blocks[static_cast<std::size_t>(b)];
        all.at(layer.parameters[static_cast<std::size_t>(at.parameter)].name).block(at.row, at.col, at.rows, at.cols) =
            parts[static_cast<std::size_t>(b)] / 2;
      }
    }
  }
  return all;
}

/// Compares every parameter's gradient with central differences of `objective`.
template <class Objective>
void check_gradients(const std::map<std::string, Matrix>& computed, ParameterStore& store, float step, double tolerance,
                     const Objective& objective) {
  EXPECT_FALSE(computed.empty());
  for (const auto& [name, gradient] : computed) {
    Matrix& value = store.at(name).value;
    for (Eigen::Index r = 0; r < gradient.rows(); ++r) {
      for (Eigen::Index c = 0; c < gradient.cols(); ++c) {
        const float kept = value(r, c);
        value(r, c) = kept + step;
        const double high = static_cast<double>(value(r, c));
        const double up = objective();
        value(r, c) = kept - step;
        const double width = high - static_cast<double>(value(r, c));
        const double down = objective();
        value(r, c) = kept;
        const double numeric = (up - down) / width;
        EXPECT_NEAR(gradient(r, c), numeric, tolerance * (1 + std::abs(numeric))) << name << " " << r << ", " << c;
      }
    }
  }
}

TokenColumns numeric_columns_with_edges() {
  TokenColumns columns = mixed_columns();
  columns.edges = {{-0.5F, 0.25F, 0.5F}, {-1, 1}, {-0.75F, -0.5F, 0, 0.125F, 0.5F}};
  return columns;
}

std::vector<Network> networks_without_dropout() {
  std::vector<Network> all{mlp(4, {}, 3), mlp(5, {7}, 1), mlp(4, {8, 6, 5}, 3), mlp(3, {16, 1, 4}, 2)};
  Network odd{{input(4)}};  // a ReLU on the input, two in a row, one at the end; linear behind linear
  odd.layers.push_back(relu("a", 0, 4));
  odd.layers.push_back(linear("b", 1, 4, 6));
  odd.layers.push_back(linear("c", 2, 6, 5));
  odd.layers.push_back(relu("d", 3, 5));
  odd.layers.push_back(relu("e", 4, 5));
  odd.layers.push_back(linear("f", 5, 5, 3));
  odd.layers.push_back(relu("g", 6, 3));
  all.push_back(odd);
  Network sums{{input(4)}};  // x + x, a ReLU's own value added to, and one that others read
  sums.layers.push_back(linear("a", 0, 4, 6));
  sums.layers.push_back({LayerType::add, "b", {1, 1}, 6});
  sums.layers.push_back(relu("c", 2, 6));
  sums.layers.push_back({LayerType::add, "d", {2, 3}, 6});
  sums.layers.push_back({LayerType::add, "e", {3, 4}, 6});
  sums.layers.push_back(linear("f", 5, 6, 3));
  all.push_back(sums);
  all.push_back(residual(5, 6, 9, 3));
  Network first{{input(5), batchnorm("norm", 0, 5), layernorm("norm2", 1, 5), linear("head", 2, 5, 2)}};
  all.push_back(first);
  all.push_back(attentive(mixed_columns(), 6, 2, 3));
  all.push_back(attentive(numeric_columns_with_edges(), 4, 1, 2));
  all.push_back(attentive(mixed_columns(), 16, 2, 2));  // heads of 8 columns: products of our own
  TokenColumns codes;
  codes.cardinalities = {5, 2};
  codes.cls = true;
  all.push_back(attentive(codes, 6, 3, 1));
  TokenColumns flat = numeric_columns_with_edges();
  flat.cls = false;
  flat.flat = 4;
  flat.passed = 2;
  all.push_back({{input(flat.inputs()), tokens("tokens", flat, 4), linear("head", 1, 22, 3)}});
  return all;
}

TEST(Executor, ForwardIsTheSlowForwardInDouble) {
  for (const Network& network : networks_without_dropout()) {
    validate(network);
    ParameterStore store = roomy_store(network, 3);
    for (auto& [name, parameter] : store.all())
      if (name.ends_with(".variance"))
        parameter.value.array() += random_matrix(1, 40, 8).leftCols(parameter.value.cols()).array() / 2;
    const Matrix x = rows_for(network, kRows, 4);
    Executor executor;
    for (const int shards : {0, 1, 2, 4}) {
      const Matrix out = forward(executor, network, store, x, shards);
      EXPECT_TRUE(out.cast<double>().isApprox(SlowForward(network, store, x, shards > 0).output(), 2e-6));
    }
  }
}

TEST(Executor, GradientsAreThoseOfCentralDifferencesInDouble) {
  for (const Network& network : networks_without_dropout()) {
    ParameterStore store = roomy_store(network, 5);
    const Matrix x = rows_for(network, kRows, 6);
    const Matrix coefficients = random_matrix(kRows, network.output_width(), 7);
    Executor executor;
    for (const int shards : {1, 3}) {
      forward(executor, network, store, x, shards);
      backward(executor, coefficients, shards);
      check_gradients(gradients(executor, network), store, 1e-4F, 2e-5, [&] {
        return SlowForward(network, store, x, true).output().cwiseProduct(coefficients.cast<double>()).sum();
      });
    }
  }
}

TEST(Executor, WhatIsDroppedIsAFunctionOfItsPlaceForwardAndBackward) {
  Network drops{{input(5)}};  // of the features, behind a linear layer, two in a row, one that drops nothing
  drops.layers.push_back(dropout("a", 0, 5, 0.3F));
  drops.layers.push_back(linear("b", 1, 5, 7));
  drops.layers.push_back(dropout("c", 2, 7, 0.5F));
  drops.layers.push_back(dropout("d", 3, 7, 0));
  drops.layers.push_back(dropout("e", 4, 7, 0.2F));
  drops.layers.push_back({LayerType::add, "f", {2, 5}, 7});
  drops.layers.push_back(linear("g", 6, 7, 3));
  for (const Network& network :
       {drops, mlp(5, {8, 6}, 3, 0.4F), residual(5, 6, 8, 3, 0.3F), attentive(mixed_columns(), 6, 2, 3, 0.3F),
        attentive(mixed_columns(), 8, 1, 3, 0.3F)}) {
    validate(network);
    ParameterStore store = roomy_store(network, 8);
    const Matrix x = rows_for(network, kRows, 9);
    const Matrix coefficients = random_matrix(kRows, 3, 10);
    const auto slow = [&] { return SlowForward(network, store, x, true, Rng(77)).output(); };
    for (const int shards : {1, 4}) {
      Executor executor;
      const Matrix y = forward(executor, network, store, x, shards, 77);
      EXPECT_TRUE(y.cast<double>().isApprox(slow(), 2e-6));
      EXPECT_FALSE(y.cast<double>().isApprox(SlowForward(network, store, x, true).output(), 1e-2));
      backward(executor, coefficients, shards);
      check_gradients(gradients(executor, network), store, 1e-4F, 2e-5,
                      [&] { return slow().cwiseProduct(coefficients.cast<double>()).sum(); });
    }
  }
}

TEST(Executor, AttentionOverMoreColumnsThanABlockOfItsMapIsTheSlowOne) {
  TokenColumns columns = mixed_columns();
  columns.cardinalities = {};
  columns.numeric = 66;
  for (const int heads : {1, 2, 4}) {  // 16 and 8 columns: products of our own
    const Network network = attentive(columns, 16, heads, 2, 0);
    ParameterStore store = roomy_store(network, 5);
    const Matrix x = rows_for(network, 2, 6);
    const Matrix coefficients = random_matrix(2, 2, 7);
    Executor executor;
    const Matrix y = forward(executor, network, store, x, 1);
    EXPECT_TRUE(y.cast<double>().isApprox(SlowForward(network, store, x, true).output(), 2e-6));
    backward(executor, coefficients, 1);
    std::map<std::string, Matrix> computed = gradients(executor, network);
    std::erase_if(computed, [](const auto& entry) {
      return entry.first != "attention.q.bias" && entry.first != "attention.v.bias";
    });
    check_gradients(computed, store, 1e-4F, 2e-5, [&] {
      return SlowForward(network, store, x, true).output().cwiseProduct(coefficients.cast<double>()).sum();
    });
  }
}

TEST(Executor, ARowInAPartOfABatchDropsWhatItDropsInTheWhole) {
  const Network network = attentive(mixed_columns(), 6, 2, 3, 0.3F);
  ParameterStore store;
  store.add(network, Rng(1));
  const Matrix x = rows_for(network, kRows, 2);
  const Rng dropout(3);
  Executor whole;
  const Matrix y = forward(whole, network, store, x, 1, 3);
  Executor part;
  part.bind(network, store, {kRows - 4, 1, &dropout, 4});
  std::copy_n(x.row(4).data(), x.cols() * (kRows - 4), part.input().data);
  part.forward(0, 0);
  EXPECT_TRUE(Eigen::Map<const Matrix>(part.output().data, kRows - 4, 3).isApprox(y.bottomRows(kRows - 4), 1e-5F));
}

TEST(Executor, SliceOfALargerStoreGivesBitForBitWhatACopiedSmallStoreGives) {
  const Network large = mlp(20, {64, 64, 64}, 10);
  ParameterStore store;
  store.add(large, Rng(1));
  for (const auto& widths : {std::vector{64}, {32, 32}, {20, 20, 20}, {4}}) {
    const Network small = mlp(20, widths, 10);
    ParameterStore copies;
    copies.add(small, Rng(2));
    for (const auto& layer : small.layers)
      for (const auto& ref : layer.parameters)
        copies.at(ref.name).value = store.at(ref.name).value.topLeftCorner(ref.rows, ref.cols);
    const Matrix x = random_matrix(33, 20, 3);
    const Matrix coefficients = random_matrix(33, 10, 4);
    Executor on_slice;
    Executor on_copy;
    EXPECT_EQ(run(on_slice, small, store, x, {}, &coefficients), run(on_copy, small, copies, x, {}, &coefficients));
    EXPECT_EQ(gradients(on_slice, small), gradients(on_copy, small));
  }
}

TEST(Executor, GivesTheSameAfterServingALargerNetwork) {
  const Network large = mlp(20, {64, 64}, 10, 0.2F);
  const Network small = mlp(20, {12}, 10);
  ParameterStore store;
  store.add(large, Rng(1));
  const Matrix x = random_matrix(15, 20, 3);
  const Matrix coefficients = random_matrix(15, 10, 4);
  Executor fresh;
  Executor used;
  run(used, large, store, random_matrix(40, 20, 5), 6);
  EXPECT_EQ(run(fresh, small, store, x, {}, &coefficients), run(used, small, store, x, {}, &coefficients));
  EXPECT_EQ(gradients(fresh, small), gradients(used, small));
}

TEST(Executor, DropoutPassesThroughInEvaluation) {
  const Network with = mlp(5, {8, 6}, 3, 0.5F);
  const Network without = mlp(5, {8, 6}, 3);
  ParameterStore store;
  store.add(with, Rng(1));
  const Matrix x = random_matrix(kRows, 5, 2);
  const Matrix coefficients = random_matrix(kRows, 3, 3);
  Executor a;
  Executor b;
  EXPECT_EQ(run(a, with, store, x), run(b, without, store, x));
  EXPECT_EQ(run(a, with, store, x, {}, &coefficients), run(b, without, store, x, {}, &coefficients));
  EXPECT_EQ(gradients(a, with), gradients(b, without));
}

TEST(Executor, DropoutZeroesItsShareAndScalesTheRest) {
  for (const float rate : {0.1F, 0.5F, 0.9F}) {
    Network network{{input(101)}};  // an odd width: the last draw serves one element
    network.layers.push_back(dropout("drop", 0, 101, rate));
    ParameterStore store;
    const Matrix x = Matrix::Ones(501, 101);
    Executor executor;
    const Matrix y = run(executor, network, store, x, 5);
    const double size = static_cast<double>(y.size());
    const double zeros = static_cast<double>((y.array() == 0).count());
    const double spread = std::sqrt(rate * (1 - rate) / size);
    EXPECT_NEAR(zeros / size, rate, 4 * spread);
    EXPECT_EQ((y.array() == 1 / (1 - rate)).count() + (y.array() == 0).count(), y.size());
    const Matrix repeated = run(executor, network, store, x, 5);
    const Matrix other = run(executor, network, store, x, 6);
    EXPECT_EQ(y, repeated);
    EXPECT_NE(y, other);
    for (Eigen::Index c = 0; c < 101; ++c)  // no column is favoured
      EXPECT_NEAR(static_cast<double>((y.col(c).array() == 0).count()) / 501, rate,
                  5 * std::sqrt(rate * (1 - rate) / 501));
  }
}

TEST(Executor, CarriesWhatIsNotANumberToTheOutput) {
  const Network network = mlp(3, {4}, 2);
  ParameterStore store;
  store.add(network, Rng(1));
  Matrix x = Matrix::Ones(2, 3);
  x(1, 1) = std::numeric_limits<float>::quiet_NaN();
  Executor executor;
  const Matrix y = run(executor, network, store, x);
  EXPECT_TRUE(y.row(0).allFinite());
  EXPECT_TRUE(std::isnan(y(1, 0)));
}

}  // namespace
}  // namespace tabjoule::executor_test
