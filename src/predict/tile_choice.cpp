#include "predict/tile_choice.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tabjoule {
namespace {

/// What a library may pick a tile by: sizes, and how much slower each tile is than the fastest.
std::vector<float> choice_features(const KernelKey& key, const TiledProduct::OnTiles& on_tiles) {
  const ProductShape p = *product_shape(key);
  const double batch = std::log2(p.batch), m = std::log2(p.m), n = std::log2(p.n), k = std::log2(p.k);
  std::vector<float> features;
  for (const double size : {batch, m, n, k, batch + m + n, batch + m + n + k})
    features.push_back(static_cast<float>(size));
  for (std::size_t tile = 0; tile < TiledProduct::kTiles; ++tile)
    features.push_back(static_cast<float>(on_tiles.slower(tile)));
  return features;
}

/// What the cost on a tile is learnt from: the features of the shape, the machine's of all tiles, the tile's own.
std::vector<float> cost_features(std::span<const float> shape, const TiledProduct::OnTiles& on_tiles,
                                 std::size_t tile) {
  std::vector<float> features(shape.begin(), shape.end());
  on_tiles.append_features(features);
  for (std::size_t i = 0; i < TiledProduct::kTiles; ++i) features.push_back(i == tile ? 1.0F : 0.0F);
  features.push_back(static_cast<float>(on_tiles.slower(tile)));
  features.push_back(static_cast<float>(std::log(on_tiles.each[tile].energy_j / on_tiles.each[tile].time_s)));
  return features;
}

}  // namespace

TileChoice TileChoice::fit(const TiledCost& product, const CostRows& rows, std::span<const float> features) {
  std::vector<float> for_choice, for_cost, left, weight;
  std::vector<std::size_t> ran;
  const std::size_t width = features.size() / rows.keys.size();
  for (std::size_t i = 0; i < rows.keys.size(); ++i) {
    const auto tile = rows.tiles[i] ? product.product.index_of(*rows.tiles[i]) : std::nullopt;
    if (!tile) continue;
    const TiledProduct::OnTiles on_tiles = product.product.predict(*product_shape(rows.keys[i]));
    const std::vector<float> choice_row = choice_features(rows.keys[i], on_tiles);
    for_choice.insert(for_choice.end(), choice_row.begin(), choice_row.end());
    const std::vector<float> cost_row = cost_features(features.subspan(i * width, width), on_tiles, *tile);
    for_cost.insert(for_cost.end(), cost_row.begin(), cost_row.end());
    left.push_back(static_cast<float>(std::log(rows.target[i] / (on_tiles.each[*tile].*product.cost))));
    weight.push_back(static_cast<float>(rows.weight[i]));
    ran.push_back(*tile);
  }
  TileChoice choice;
  if (ran.empty()) return choice;
  choice.left_ = ExtraTrees::fit(for_cost, left, weight, {});
  for (std::size_t tile = 0; tile < TiledProduct::kTiles; ++tile) {
    std::vector<float> picked;
    for (const std::size_t other : ran) picked.push_back(other == tile ? 1.0F : 0.0F);
    if (std::find(ran.begin(), ran.end(), tile) != ran.end())
      choice.picked_[tile] = ExtraTrees::fit(for_choice, picked, weight, {});
  }
  return choice;
}

double TileChoice::log_cost(const TiledCost& product, const KernelKey& key, const TiledProduct::OnTiles& on_tiles,
                            std::span<const float> features) const {
  const std::vector<float> for_choice = choice_features(key, on_tiles);
  std::vector<std::pair<double, double>> candidates;  // the logarithm of a cost, and how likely it is
  double sum = 0;
  for (std::size_t tile = 0; tile < TiledProduct::kTiles; ++tile) {
    const double likely = picked_[tile].predict(for_choice).mean;
    if (!(likely > 0)) continue;
    const double left = left_.predict(cost_features(features, on_tiles, tile)).mean;
    candidates.emplace_back(std::log(on_tiles.each[tile].*product.cost) + left, likely);
    sum += likely;
  }
  if (candidates.empty()) return std::log(on_tiles.mean.*product.cost);
  std::sort(candidates.begin(), candidates.end());
  double below = 0;
  for (const auto& [log_cost, likely] : candidates) {
    below += likely;
    if (below >= sum / 2) return log_cost;
  }
  return candidates.back().first;
}

}  // namespace tabjoule
