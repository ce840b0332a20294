// The obvious version of every layer, in double: what tests compare the executor with.
#pragma once

#include <cmath>
#include <optional>

#include "nn/dropout_mask.h"
#include "nn/testing.h"

namespace tabjoule::testing_nn {

/// Values of every layer, (B T, D). `training`: BatchNorm takes the batch's own statistics; `dropout`: what the
/// executor drops with the same generator.
class SlowForward {
 public:
  SlowForward(const Network& network, const ParameterStore& store, const Matrix& x, bool training,
              const std::optional<Rng>& dropout = {})
      : network_(network), store_(store), training_(training), dropout_(dropout) {
    for (const Layer& layer : network.layers)
      values_.push_back(layer.type == LayerType::input ? Eigen::MatrixXd(x.cast<double>()) : value_of(layer));
  }
  [[nodiscard]] const Eigen::MatrixXd& output() const { return values_.back(); }

 private:
  [[nodiscard]] const Eigen::MatrixXd& in(const Layer& layer, std::size_t which = 0) const {
    return values_[static_cast<std::size_t>(layer.inputs[which])];
  }
  [[nodiscard]] Eigen::MatrixXd parameter(const Layer& layer, std::size_t index) const {
    const auto& ref = layer.parameters[index];
    return store_.at(ref.name).value.topLeftCorner(ref.rows, ref.cols).cast<double>();
  }

  [[nodiscard]] Eigen::MatrixXd value_of(const Layer& layer) const {
    const Eigen::MatrixXd& x = in(layer);
    switch (layer.type) {
      case LayerType::input:
        return x;
      case LayerType::dropout:
        return dropout(layer, x);
      case LayerType::relu:
        return x.cwiseMax(0);
      case LayerType::linear:
        return (x * parameter(layer, 0).transpose()).rowwise() + parameter(layer, 1).row(0);
      case LayerType::add:
        return x + in(layer, 1);
      case LayerType::reglu:
        return x(Eigen::all, Eigen::seqN(0, layer.width, 2))
            .cwiseProduct(x(Eigen::all, Eigen::seqN(1, layer.width, 2)).cwiseMax(0));
      case LayerType::first:
        return x(Eigen::seqN(0, x.rows() / tokens_in(layer), tokens_in(layer)), Eigen::all);
      case LayerType::batchnorm:
        return batchnorm(layer, x);
      case LayerType::layernorm:
        return scaled(layer, normalised(x.transpose()).transpose());
      case LayerType::tokens:
        return tokens(layer, x);
      case LayerType::attention:
        return attention(layer);
    }
    return {};
  }

  [[nodiscard]] int tokens_in(const Layer& layer, std::size_t which = 0) const {
    return network_.layers[static_cast<std::size_t>(layer.inputs[which])].tokens;
  }

  /// Row `row` of the mask of the layer in work, which is the one whose value comes next.
  [[nodiscard]] DropoutMask mask(const Layer& layer, Eigen::Index row) const {
    return {dropout_->split(values_.size()).next(), static_cast<std::uint64_t>(row), layer.rate};
  }

  [[nodiscard]] Eigen::MatrixXd dropout(const Layer& layer, const Eigen::MatrixXd& x) const {
    Eigen::MatrixXd y = x;
    if (!dropout_ || layer.rate == 0) return y;
    for (Eigen::Index r = 0; r < y.rows(); ++r)
      for (Eigen::Index c = 0; c < y.cols(); ++c)
        y(r, c) *= mask(layer, r / layer.tokens)[static_cast<std::uint32_t>(r % layer.tokens * y.cols() + c)];
    return y;
  }

  /// Each column less its mean, over its standard deviation.
  [[nodiscard]] static Eigen::MatrixXd normalised(const Eigen::MatrixXd& x) {
    const Eigen::MatrixXd apart = x.rowwise() - x.colwise().mean();
    const Eigen::ArrayXXd variance = apart.array().square().colwise().mean();
    return apart.array().rowwise() / (variance + 1e-5).sqrt().row(0);
  }

  [[nodiscard]] Eigen::MatrixXd scaled(const Layer& layer, const Eigen::MatrixXd& x) const {
    return (x.array().rowwise() * parameter(layer, 0).array().row(0)).rowwise() + parameter(layer, 1).array().row(0);
  }

  [[nodiscard]] Eigen::MatrixXd batchnorm(const Layer& layer, const Eigen::MatrixXd& x) const {
    if (training_) return scaled(layer, normalised(x));
    const Eigen::ArrayXXd deviation = (parameter(layer, 3).array() + 1e-5).sqrt();
    return scaled(layer, (x.rowwise() - parameter(layer, 2).row(0)).array().rowwise() / deviation.row(0));
  }

  [[nodiscard]] Eigen::MatrixXd attention(const Layer& layer) const {
    const int queries = layer.tokens, keys = tokens_in(layer, 1), width = layer.width / layer.heads;
    const auto elements = in(layer).rows() / queries;
    Eigen::MatrixXd y(in(layer).rows(), layer.width);
    for (Eigen::Index b = 0; b < elements; ++b)
      for (int h = 0; h < layer.heads; ++h) {
        const Eigen::MatrixXd q = in(layer).block(b * queries, h * width, queries, width);
        const Eigen::MatrixXd k = in(layer, 1).block(b * keys, h * width, keys, width);
        Eigen::MatrixXd map = (q * k.transpose() / std::sqrt(width)).array().exp();
        map.array().colwise() /= map.rowwise().sum().array().eval();
        for (Eigen::Index e = 0; dropout_ && layer.rate > 0 && e < map.size(); ++e)
          map(e / keys, e % keys) *= mask(layer, b * layer.heads + h)[static_cast<std::uint32_t>(e)];
        y.block(b * queries, h * width, queries, width) = map * in(layer, 2).block(b * keys, h * width, keys, width);
      }
    return y;
  }

  [[nodiscard]] Eigen::MatrixXd tokens(const Layer& layer, const Eigen::MatrixXd& x) const {
    const TokenColumns& columns = *layer.columns;
    Eigen::MatrixXd y(x.rows() * layer.tokens, layer.width);
    for (Eigen::Index r = 0; r < x.rows(); ++r) {
      std::vector<double> row;
      const auto append = [&](const Eigen::RowVectorXd& token) { row.insert(row.end(), token.begin(), token.end()); };
      std::size_t p = 0;
      if (columns.cls) append(parameter(layer, p++).row(0));
      for (int j = 0, bin = 0; j < columns.numeric; ++j) {
        Eigen::RowVectorXd token = x(r, j) * parameter(layer, p).row(j) + parameter(layer, p + 1).row(j);
        if (!columns.edges.empty()) {
          const auto& edges = columns.edges[static_cast<std::size_t>(j)];
          for (std::size_t t = 0; t + 1 < edges.size(); ++t) {
            double e = (x(r, j) - edges[t]) / (static_cast<double>(edges[t + 1]) - edges[t]);
            if (t > 0) e = std::max(e, 0.0);
            if (t + 2 < edges.size()) e = std::min(e, 1.0);
            token += e * parameter(layer, p + 2).row(bin++);
          }
        }
        append(token);
      }
      if (columns.numeric > 0) p += columns.edges.empty() ? 2 : 3;
      for (int j = 0, first = 0; j < static_cast<int>(columns.cardinalities.size()); ++j) {
        append(parameter(layer, p).row(first + static_cast<int>(x(r, columns.numeric + j))) +
               parameter(layer, p + 1).row(j));
        first += columns.cardinalities[static_cast<std::size_t>(j)];
      }
      append(x.row(r).rightCols(columns.passed));
      EXPECT_EQ(row.size(), static_cast<std::size_t>(layer.tokens * layer.width));
      for (int t = 0; t < layer.tokens; ++t)
        y.row(r * layer.tokens + t) = Eigen::Map<Eigen::RowVectorXd>(row.data() + t * layer.width, layer.width);
    }
    return y;
  }

  const Network& network_;
  const ParameterStore& store_;
  bool training_;
  std::optional<Rng> dropout_;
  std::vector<Eigen::MatrixXd> values_;
};

}  // namespace tabjoule::testing_nn
