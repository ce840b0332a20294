#include "pipeline/search_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tabjoule {
namespace {

/// What a phase takes by the clock and by the device's sensor.
class Expense {
 public:
  explicit Expense(SearchState& state) : state_(state), begin_s_(state.wall.now_s()), begin_j_(energy_j()) {}

  [[nodiscard]] RunPhase so_far(const std::string& name) {
    return {name, state_.wall.now_s() - begin_s_, std::max(0.0, energy_j() - begin_j_)};
  }

 private:
  /// Of a simulated device it would be the device's, on which nothing of this ran.
  [[nodiscard]] double energy_j() const {
    return state_.device.sensor && !state_.device.simulation ? state_.device.sensor->read_energy_j() : 0;
  }

  SearchState& state_;
  double begin_s_, begin_j_;
};

}  // namespace

SearchState::SearchState(const SearchRequest& asked, const NoticeSink& notices, const ProgressSink& sink)
    : request(asked),
      notice(notices),
      progress(sink),
      aim(aim_of(asked)),
      pool(asked.threads > 0 ? asked.threads : available_threads()),
      begin_s(wall.now_s()),
      clock(wall, asked.time_budget_s, asked.interrupted),
      checkpoint(asked.out),
      training(asked.training_folder.empty() ? asked.out : asked.training_folder) {}

void SearchState::log(const std::string& text) {
  const std::string line = fmt::format("{:8.1f} s  {}", wall.now_s() - begin_s, text);
  if (request.log) request.log(line);
  waiting_lines.push_back(line);
  if (!std::filesystem::exists(request.out)) return;
  std::ofstream out(request.out / "log.txt", std::ios::app);
  for (const std::string& waiting : waiting_lines) out << waiting << '\n';
  waiting_lines.clear();
}

void SearchState::tell(const std::string& text) {
  log("note: " + text);
  record.notices.push_back(text);
  if (notice) notice(text);
}

const PreparedData& SearchState::data_of(std::size_t space) const {
  return data.at(category_encoding(spaces[space].space));
}

double SearchState::score_of(double utility_value) const {
  return higher_is_better(metric) ? utility_value : (1 - utility_value) * dummy;
}

std::string SearchState::text_of(const SearchPoint& point) const {
  return to_text(spaces[point.space].space, point.architecture);
}

void timed_phase(SearchState& state, const std::string& name, const std::function<void()>& body) {
  Expense expense(state);
  state.log(name);
  if (state.progress) state.progress({name, 0, ""});
  body();
  if (state.progress) state.progress({name, 1, ""});
  state.record.phases.push_back(expense.so_far(name));
}

void kept_phase(SearchState& state, const std::string& name, const std::function<Json()>& body,
                const std::function<void(const Json&)>& apply) {
  const std::string file = "phase-" + name;
  if (const auto kept = state.checkpoint.load(file)) {
    state.clock.count_earlier(kept->at("time_s").get<double>());
    if (!kept->at("stopped_early").is_null()) state.clock.restore(kept->at("stopped_early").get<std::string>());
    for (const auto& text : kept->at("notices")) state.record.notices.push_back(text.get<std::string>());
    state.record.phases.push_back({name, kept->at("time_s").get<double>(), kept->at("energy_j").get<double>()});
    state.log(name + ": kept by an earlier run");
    apply(kept->at("outcome"));
    return;
  }
  Expense expense(state);
  state.log(name);
  const std::size_t told = state.record.notices.size();
  if (state.progress) state.progress({name, 0, ""});
  const Json outcome = body();
  if (state.progress) state.progress({name, 1, ""});
  const RunPhase phase = expense.so_far(name);
  state.checkpoint.store(
      file, {{"outcome", outcome},
             {"time_s", phase.time_s},
             {"energy_j", phase.energy_j},
             {"stopped_early", or_null(state.clock.stopped_early())},
             {"notices", std::vector<std::string>(state.record.notices.begin() + static_cast<std::ptrdiff_t>(told),
                                                  state.record.notices.end())}});
  state.record.phases.push_back(phase);
  apply(outcome);
}

}  // namespace tabjoule
