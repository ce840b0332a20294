#include "pipeline/supernet_scores.h"

#include "pipeline/score_error.h"

namespace tabjoule {
namespace {

constexpr const char* kFile = "scores";
constexpr double kKeepEveryS = 5;

}  // namespace

SupernetScores::Scorer::Scorer(SearchState& state, std::size_t space, std::size_t count)
    : rows(spread_rows(state.data_of(space).validation, count)),
      scorer(supernet_of(state, space), state.data_of(space).train, rows, state.metric, state.pool) {}

SupernetScores::SupernetScores(SearchState& state, std::size_t rows)
    : state_(state),
      rows_(rows),
      scorers_(state.spaces.size()),
      known_(state.spaces.size()),
      asked_(state.spaces.size()),
      kept_s_(state.wall.now_s()) {
  const auto kept = state.training.load(kFile);
  if (!kept) return;
  for (std::size_t space = 0; space < known_.size(); ++space)
    for (const auto& entry : kept->at(space))
      known_[space].emplace(Architecture{entry.at(0).get<std::vector<int>>()}, entry.at(1).get<double>());
}

SupernetScores::Scorer& SupernetScores::scorer(std::size_t space) {
  if (!scorers_[space]) scorers_[space] = std::make_unique<Scorer>(state_, space, rows_);
  return *scorers_[space];
}

double SupernetScores::score(std::size_t space, const Architecture& architecture) {
  asked_[space].insert(architecture);
  if (const auto known = known_[space].find(architecture); known != known_[space].end()) return known->second;
  const double score = scorer(space).scorer.score(architecture);
  known_[space].emplace(architecture, score);
  if (state_.wall.now_s() - kept_s_ > kKeepEveryS) keep();
  return score;
}

double SupernetScores::standard_error_of(std::size_t space, const Architecture& architecture) {
  const Samples& rows = scorer(space).rows;
  const Matrix predictions = scorer(space).scorer.predict(architecture);
  return standard_error(left_out_scores(state_.metric, block(predictions), rows.truth()));
}

void SupernetScores::keep() {
  Json json = Json::array();
  for (const auto& scores : known_) {
    Json of_space = Json::array();
    for (const auto& [architecture, score] : scores) of_space.push_back({architecture.choices, score});
    json.push_back(std::move(of_space));
  }
  state_.training.store(kFile, json);
  kept_s_ = state_.wall.now_s();
}

}  // namespace tabjoule
