// A search while it happens: what its phases share and hand on.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/choice.h"
#include "pipeline/prepared_data.h"
#include "pipeline/request.h"
#include "pipeline/run_checkpoint.h"
#include "pipeline/run_clock.h"
#include "pipeline/run_record.h"
#include "pipeline/supernet_plan.h"
#include "pipeline/tuned_training.h"
#include "predict/predictor.h"
#include "supernet/supernet.h"

namespace tabjoule {

struct SpaceOfRun {
  SearchSpace space;
  NetworkShape shape;
  double mean_flops = 0;             ///< forward, a row, of the networks that a supernet is trained through
  std::optional<Supernet> supernet;  ///< where it was trained or needed; see supernet_of
  SupernetPlan plan;
};

/// What a search by one aim came to: "energy", or a baseline.
struct SearchOutcome {
  std::string name;
  SearchPoint best;
  RunTrace::Search trace;
};

/// A trained network in the checkpoint, without its weights, and the searches whose answer it is ("front", or names of
/// baselines).
struct TrainedEntry {
  std::string file;
  bool front = false;
  TrainedPoint trained;
};

struct SearchState {
  SearchState(const SearchRequest& asked, const NoticeSink& notices, const ProgressSink& sink);

  /// For the user, the record and the log.
  void tell(const std::string& text);
  /// A line of log.txt, with the time since the run began; lines before the folder is there wait for it.
  void log(const std::string& text);
  /// The rows in the encoding that a space takes.
  [[nodiscard]] const PreparedData& data_of(std::size_t space) const;
  [[nodiscard]] double utility_of(double score) const { return utility(metric, score, dummy); }
  [[nodiscard]] double score_of(double utility_value) const;
  [[nodiscard]] std::string text_of(const SearchPoint& point) const;

  const SearchRequest& request;
  NoticeSink notice;
  ProgressSink progress;
  Aim aim;
  ThreadPool pool;
  SystemClock wall;
  double begin_s;
  std::vector<std::string> waiting_lines;  ///< of the log
  RunClock clock;
  RunCheckpoint checkpoint;
  RunCheckpoint training;  ///< of what depends on no device; the same unless the request shares it
  RunRecord record;

  // By read_phase:
  Device device;
  Metric metric = Metric::accuracy;
  std::map<CategoryEncoding, PreparedData> data;
  std::vector<SpaceOfRun> spaces;
  double dummy = 0;  ///< of a constant prediction on validation: the scale of utilities
  // By profile_phase:
  std::optional<Predictor> predictor;
  // By search_phase:
  std::vector<SearchOutcome> found;
  std::vector<SearchPoint> front;
  std::vector<double> front_standard_errors;
  // By train_phase:
  std::vector<TrainedEntry> trained;
  // By measure_phase, one a trained network:
  std::vector<RunPoint> points;
};

/// Runs `body`, which returns the phase's outcome, and hands that to `apply`; the outcome, what was told meanwhile and
/// the time and energy it took are kept, so that a resumed run goes to `apply` at once.
void kept_phase(SearchState& state, const std::string& name, const std::function<Json()>& body,
                const std::function<void(const Json&)>& apply);
/// The same for a phase that is quicker done again than kept.
void timed_phase(SearchState& state, const std::string& name, const std::function<void()>& body);

}  // namespace tabjoule
