#include "pipeline/search_run.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/search_phases.h"

namespace tabjoule {
namespace {

const std::array kBaselines{"accuracy", "flops", "latency", "random"};

void require_request(const SearchRequest& request) {
  if (request.spaces.empty()) fail_usage("--space: give at least one search space");
  if (request.batch < 1 || request.batch > 65536) fail_usage("--batch must lie in 1 .. 65536, it is {}", request.batch);
  (void)Reward::of_tenfold(request.reward, request.energy_weight, 1);
  if (!(request.effort > 0 && request.effort <= 1000))
    fail_usage("--effort must lie in (0, 1000], it is {}", request.effort);
  if (!(request.time_budget_s >= 0)) fail_usage("--time-budget must not be negative, it is {}", request.time_budget_s);
  if (!(request.dropout >= 0 && request.dropout < 1))
    fail_usage("the dropout must lie in [0, 1), it is {}", request.dropout);
  if (request.threads < 0 || request.threads > 1024)
    fail_usage("--threads must lie in 0 .. 1024, it is {}", request.threads);
  if (request.train_points < 1 || request.train_points > 1000)
    fail_usage("--train-points must lie in 1 .. 1000, it is {}", request.train_points);
  for (const std::string& name : request.compare) {
    if (std::find(kBaselines.begin(), kBaselines.end(), name) == kBaselines.end())
      fail_usage("--compare {}: known are {}", name, fmt::join(kBaselines, ", "));
    if (std::count(request.compare.begin(), request.compare.end(), name) > 1)
      fail_usage("--compare names {} twice", name);
  }
  if (std::filesystem::exists(request.out / "run.json"))
    fail_usage("{} holds a run already: choose another --out", request.out.string());
}

/// The supernets are by far the largest part of a checkpoint, and nothing goes on from a finished run.
void clean_up(const SearchState& state) {
  if (!state.request.training_folder.empty()) return;  // others go on with them
  for (std::size_t i = 0; i < state.spaces.size(); ++i) state.checkpoint.remove(fmt::format("supernet-{}.bin", i));
}

}  // namespace

RunRecord run_search(const SearchRequest& request, const NoticeSink& notice, const ProgressSink& progress) {
  require_request(request);
  SearchState state(request, notice, progress);
  read_phase(state);
  profile_phase(state);
  teach_phase(state);
  supernet_phase(state);
  search_phase(state);
  train_phase(state);
  measure_phase(state);
  export_phase(state);
  write_json(request.out / "run.json", to_json(state.record));
  clean_up(state);
  return std::move(state.record);
}

}  // namespace tabjoule
