// The final training: a handful of points along the front, and the baselines' answers.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "pipeline/search_phases.h"
#include "pipeline/work_plan.h"

namespace tabjoule {
namespace {

/// Floating-point operations at effort 1, in the mean over the networks that are trained.
constexpr double kTrainFlops = 8e11;
/// Of the time that a time budget leaves after the search; the rest is for measuring and exporting.
constexpr double kTrainShareOfTime = 0.85;
/// What an interrupted run still trains its answer with, of a network's share.
constexpr double kHurriedShare = 0.25;

/// The phase while it happens. Each trained network goes to a file of the checkpoint as soon as it is there.
class FinalTraining {
 public:
  explicit FinalTraining(SearchState& state)
      : state_(state),
        front_count_(std::min(static_cast<std::size_t>(state.request.train_points), state.front.size())) {
    for (const SearchPoint& point : state.front)
      choosable_.push_back({point.utility, point.energy_j, keeps_limits(state.request, point), {}});
  }

  Json run() {
    if (state_.aim.rule == Aim::Rule::min_score) {
      count_ = front_count_ + state_.found.size() - 1;
      train_down_to_the_score();
    } else {
      std::vector<SearchPoint> points;
      for (const std::size_t i : points_to_train(choosable_, state_.aim, front_count_))
        points.push_back(state_.front[i]);
      share_out(points);
      for (const SearchPoint& point : points) train(point, true);
    }
    for (const SearchOutcome& outcome : state_.found)
      if (outcome.name != "energy") train(outcome.best, false);
    return outcome_;
  }

 private:
  /// What cheap networks do not need is for the dear ones, baselines' answers among them.
  void share_out(std::vector<SearchPoint> points) {
    for (const SearchOutcome& outcome : state_.found)
      if (std::none_of(points.begin(), points.end(),
                       [&](const SearchPoint& p) { return p.same_network(outcome.best); }))
        points.push_back(outcome.best);
    count_ = points.size();
    std::vector<double> needs;
    for (const SearchPoint& point : points) needs.push_back(need_of(point));
    const auto shares = shared_by_need(state_.request.effort * kTrainFlops * static_cast<double>(points.size()), needs);
    for (std::size_t i = 0; i < points.size(); ++i) shares_[state_.text_of(points[i])] = shares[i];
  }

  [[nodiscard]] double need_of(const SearchPoint& point) const {
    const SpaceOfRun& space = state_.spaces[point.space];
    return tuning_need(to_network(space.space, point.architecture, space.shape),
                       state_.data_of(point.space).learnt().rows());
  }

  /// Before the networks are known, each gets the same.
  [[nodiscard]] double budget_of(const SearchPoint& point) const {
    const auto share = shares_.find(state_.text_of(point));
    return share != shares_.end() ? share->second : std::min(need_of(point), state_.request.effort * kTrainFlops);
  }

  /// The cheapest network of the front that keeps the score is found by training: what a network scores beyond its
  /// supernet's score is learnt from those trained so far.
  void train_down_to_the_score() {
    const double wanted = state_.utility_of(*state_.request.limits.min_score);
    std::vector<bool> done(state_.front.size(), false);
    double gain = 0;
    for (std::size_t n = 0; n < front_count_ && !state_.front.empty(); ++n) {
      std::size_t next = state_.front.size() - 1;  // the best score
      if (n > 0)
        for (std::size_t i = 0; i < state_.front.size(); ++i)
          if (state_.front[i].utility + gain >= wanted) {
            next = i;
            break;
          }
      if (done[next]) break;
      done[next] = true;
      const double reached = train(state_.front[next], true);
      gain += (reached - state_.front[next].utility - gain) / static_cast<double>(n + 1);
    }
  }

  /// Returns the utility on validation; what is trained already is not trained again.
  double train(const SearchPoint& point, bool of_front) {
    for (auto& entry : outcome_)
      if (entry.at("text") == state_.text_of(point)) {
        if (of_front) entry["front"] = true;
        return entry.at("utility").get<double>();
      }
    if (state_.clock.interrupted() && !outcome_.empty()) return 0;
    const std::string file = fmt::format("network-{:016x}.bin", stable_hash(state_.text_of(point)));
    if (!std::filesystem::exists(state_.training.file(file))) train_into(point, budget_of(point), file);
    const SpaceOfRun& space = state_.spaces[point.space];
    const double reached = state_.utility_of(
        read_trained(state_.training.file(file), space.space, space.shape, false).model.score_validation);
    outcome_.push_back({{"file", file},
                        {"text", state_.text_of(point)},
                        {"front", of_front},
                        {"space", point.space},
                        {"utility", reached}});
    return reached;
  }

  /// Networks that are still to be trained, as far as is known.
  [[nodiscard]] double left() const {
    return std::max(1.0, static_cast<double>(count_) - static_cast<double>(outcome_.size()));
  }

  void train_into(const SearchPoint& point, double flops, const std::string& file) {
    const SpaceOfRun& space = state_.spaces[point.space];
    const PreparedData& data = state_.data_of(point.space);
    TuningOptions options;
    options.metric = state_.metric;
    options.dropout = state_.request.dropout;
    options.seed = state_.request.seed;
    options.flop_budget = flops;
    if (state_.clock.limited()) {
      const double affordable =
          kTrainShareOfTime * state_.clock.left_s() / left() *
          training_speed({{to_network(space.space, point.architecture, space.shape)}}, data.learnt(), state_.pool);
      if (affordable < flops) state_.clock.cut_short();
      options.flop_budget = std::min(flops, affordable);
    }
    // An answer is needed even after Ctrl-C: a quick one, which only a second Ctrl-C ends.
    if (state_.clock.interrupted())
      options.flop_budget *= kHurriedShare;
    else
      options.stop = state_.clock.after_share(kTrainShareOfTime / left());
    const auto done = static_cast<double>(outcome_.size());
    const TrainedPoint trained =
        train_tuned(space.space, point, space.shape, data, options, state_.pool, [&](const Progress& p) {
          if (state_.progress) state_.progress({"train", (done + p.fraction) / (done + left()), state_.text_of(point)});
        });
    write_trained(state_.training.file(file), trained);
    state_.log(fmt::format(
        "trained {}: {} epochs, best {}, validation {}, test {}; learning rate {:g}, weight decay {:g}, dropout {:g}",
        state_.text_of(point), trained.model.training.epochs, trained.model.training.best_epoch + 1,
        score_text(trained.model.score_validation), score_text(trained.model.score_test), trained.recipe.learning_rate,
        trained.recipe.weight_decay, trained.dropout));
  }

  SearchState& state_;
  std::size_t front_count_;
  std::size_t count_ = 0;
  std::vector<Choosable> choosable_;
  std::map<std::string, double> shares_;  ///< by text
  Json outcome_ = Json::array();
};

void apply_train(SearchState& state, const Json& outcome) {
  for (const auto& entry : outcome) {
    const SpaceOfRun& space = state.spaces[entry.at("space").get<std::size_t>()];
    const std::string file = entry.at("file").get<std::string>();
    TrainedEntry& trained = state.trained.emplace_back(TrainedEntry{
        file, entry.at("front").get<bool>(), read_trained(state.training.file(file), space.space, space.shape, false)});
    // It may have been trained for another device.
    SearchPoint& point = trained.trained.point;
    const double utility = point.utility;
    point = predicted_point(state, point.space, point.architecture);
    point.utility = utility;
  }
}

}  // namespace

void train_phase(SearchState& state) {
  kept_phase(
      state, "train", [&] { return FinalTraining(state).run(); },
      [&](const Json& outcome) { apply_train(state, outcome); });
}

}  // namespace tabjoule
