#include "predict/boosted_trees.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "predict/xgboost.h"

namespace tabjoule {
namespace {

using xgboost::BoosterPtr;
using xgboost::check;
using xgboost::MatrixPtr;

MatrixPtr make_matrix(std::span<const float> features, std::span<const float> target, std::span<const float> weight) {
  DMatrixHandle handle = nullptr;
  const std::size_t rows = target.size();
  check(XGDMatrixCreateFromMat(features.data(), rows, features.size() / rows, std::numeric_limits<float>::quiet_NaN(),
                               &handle));
  MatrixPtr matrix(handle);
  check(XGDMatrixSetFloatInfo(handle, "label", target.data(), rows));
  check(XGDMatrixSetFloatInfo(handle, "weight", weight.data(), rows));
  return matrix;
}

BoosterPtr make_booster(DMatrixHandle matrix, const BoostingOptions& options) {
  BoosterHandle handle = nullptr;
  check(XGBoosterCreate(&matrix, 1, &handle));
  BoosterPtr booster(handle);
  const std::pair<const char*, std::string> settings[] = {
      {"objective", "reg:squarederror"},
      {"tree_method", "exact"},
      {"base_score", "0"},
      {"nthread", "1"},
      {"verbosity", "0"},
      {"seed", std::to_string(options.seed)},
      {"max_depth", std::to_string(options.depth)},
      {"eta", std::to_string(options.rate)},
      {"lambda", std::to_string(options.ridge)},
      {"min_child_weight", std::to_string(options.min_leaf_weight)},
      {"subsample", std::to_string(options.row_fraction)},
  };
  for (const auto& [name, value] : settings) check(XGBoosterSetParam(handle, name, value.c_str()));
  return booster;
}

Json model_of(BoosterHandle booster) {
  bst_ulong size = 0;
  const char* text = nullptr;
  check(XGBoosterSaveModelToBuffer(booster, R"({"format":"json"})", &size, &text));
  return Json::parse(text, text + size);
}

}  // namespace

BoostedTrees BoostedTrees::fit(std::span<const float> features, std::span<const float> target,
                               std::span<const float> weight, const BoostingOptions& options) {
  if (target.empty() || features.empty() || features.size() % target.size() != 0 || weight.size() != target.size())
    fail_internal("boosting was given {} features, {} targets and {} weights", features.size(), target.size(),
                  weight.size());
  const MatrixPtr matrix = make_matrix(features, target, weight);
  const BoosterPtr booster = make_booster(matrix.get(), options);
  for (int round = 0; round < options.rounds; ++round)
    check(XGBoosterUpdateOneIter(booster.get(), round, matrix.get()));
  BoostedTrees trees;
  const Json model = model_of(booster.get());
  for (const Json& tree : model.at("learner").at("gradient_booster").at("model").at("trees")) trees.append(tree);
  return trees;
}

void BoostedTrees::append(const Json& tree) {
  const auto left = tree.at("left_children").get<std::vector<int>>();
  const auto right = tree.at("right_children").get<std::vector<int>>();
  const auto feature = tree.at("split_indices").get<std::vector<int>>();
  const auto value = tree.at("split_conditions").get<std::vector<float>>();
  const int root = static_cast<int>(nodes_.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    const bool leaf = left[i] < 0;
    nodes_.push_back({leaf ? -1 : root + left[i], leaf ? -1 : root + right[i], feature[i], value[i]});
  }
  roots_.push_back(root);
}

double BoostedTrees::predict(std::span<const float> features) const {
  double sum = 0;
  for (const int root : roots_) {
    const Node* node = &nodes_[static_cast<std::size_t>(root)];
    while (node->left >= 0) {
      const bool below = features[static_cast<std::size_t>(node->feature)] < node->value;
      node = &nodes_[static_cast<std::size_t>(below ? node->left : node->right)];
    }
    sum += static_cast<double>(node->value);
  }
  return sum;
}

}  // namespace tabjoule
