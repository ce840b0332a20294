#include "supernet/supernet.h"

#include <algorithm>

namespace tabjoule {
namespace {

/// Rows that BatchNorm's statistics are recomputed on, and of a batch of them.
constexpr std::size_t kStatisticsRows = 1024;
constexpr int kStatisticsBatch = 256;

}  // namespace

Supernet::Supernet(SearchSpace space, NetworkShape shape, std::uint64_t seed)
    : space_(std::move(space)), shape_(std::move(shape)) {
  store_.add(network(largest(space_)), Rng(seed));
}

SupernetScorer::SupernetScorer(Supernet& supernet, const Samples& train, const Samples& validation, Metric metric,
                               ThreadPool& pool)
    : supernet_(supernet), train_(train), validation_(validation), metric_(metric), pool_(pool), evaluator_(pool) {
  const std::size_t count = std::min(train.rows(), kStatisticsRows);
  for (std::size_t i = 0; i < count; ++i)
    statistics_rows_.push_back(static_cast<std::uint32_t>(i * train.rows() / count));
}

Matrix SupernetScorer::predict(const Architecture& architecture) {
  const Network network = supernet_.network(architecture);
  recalibrate_batchnorm(network, supernet_.store(), train_, statistics_rows_, kStatisticsBatch, pool_);
  return evaluator_.predict(network, supernet_.store(), validation_);
}

double SupernetScorer::score(const Architecture& architecture) {
  if (const auto known = scores_.find(architecture); known != scores_.end()) return known->second;
  const Matrix predictions = predict(architecture);
  const double score = evaluate(metric_, block(predictions), validation_.truth());
  scores_.emplace(architecture, score);
  return score;
}

}  // namespace tabjoule
