#include "suite/run_suite.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/search_run.h"
#include "power/cpu_time.h"
#include "suite/paper.h"
#include "suite/results.h"
#include "suite/summary.h"

namespace tabjoule {
namespace {

constexpr double kCorePowerW = 5;
constexpr std::size_t kMostFailingInARow = 3;

class SuiteRun {
 public:
  SuiteRun(const SuiteRequest& request, const NoticeSink& notice, const ProgressSink& progress)
      : request_(request),
        notice_(notice),
        progress_(progress),
        suite_(read_suite(request.suite, request.data_folder)),
        cells_(cells_of(suite_)),
        results_(made(request.out)),
        own_use_(make_cpu_time_sensor(kCorePowerW)) {
    std::erase_if(cells_, [&](const SuiteCell& cell) { return !wanted(suite_.tables[cell.job.table].name); });
    for (const SuiteCell& cell : cells_)
      if (!results_.has(key_of(suite_, cell))) ++left_;
    for (const std::string& name : request.tables) require_table(name);
  }

  SuiteOutcome run() {
    for (const std::string& device : suite_.devices) (void)open_device(device, request_.device_options);
    const std::size_t all = left_;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const SuiteCell& cell = cells_[i];
      if (request_.most_searches && outcome_.searches >= *request_.most_searches) break;
      boost(cell.job);
      const std::string key = key_of(suite_, cell);
      if (!results_.has(key)) attempt(key, folder_of(cell.job), [&] { search(cell, all); });
      const bool last_of_job = i + 1 == cells_.size() || !same_job(cells_[i + 1].job, cell.job);
      if (last_of_job && done(cell.job)) std::filesystem::remove_all(folder_of(cell.job) / "training");
    }
    outcome_.summary = summary_of(suite_, results_.rows());
    write_json(request_.out / "summary.json", outcome_.summary);
    write_paper(request_.out / "paper.html", outcome_.summary, results_.rows());
    return std::move(outcome_);
  }

 private:
  static std::filesystem::path made(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) fail_internal("{}: cannot be made: {}", folder.string(), error.message());
    return folder;
  }

  [[nodiscard]] bool wanted(const std::string& table) const {
    return request_.tables.empty() ||
           std::find(request_.tables.begin(), request_.tables.end(), table) != request_.tables.end();
  }

  void require_table(const std::string& name) const {
    std::vector<std::string> names;
    for (const SuiteTable& table : suite_.tables) names.push_back(table.name);
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail_usage("--tables {}: the suite has no such table{}; it has {}", name, did_you_mean(name, names),
                 fmt::join(names, ", "));
  }

  static bool same_job(const SuiteJob& a, const SuiteJob& b) {
    return a.table == b.table && a.space == b.space && a.seed == b.seed;
  }

  [[nodiscard]] bool done(const SuiteJob& job) const {
    return std::all_of(cells_.begin(), cells_.end(), [&](const SuiteCell& cell) {
      return !same_job(cell.job, job) || results_.has(key_of(suite_, cell));
    });
  }

  [[nodiscard]] std::filesystem::path folder_of(const SuiteJob& job) const {
    return request_.out / "runs" /
           fmt::format("{}-{}-{}-{:g}", suite_.tables[job.table].name, std::filesystem::path(job.space).stem().string(),
                       job.seed, suite_.effort);
  }

  /// One table that cannot be learnt from, a device that is lost or a defect with one network does not end a night's
  /// work. A full disk does: different pieces of work fail one after the other. `work`: what a defect would have in
  /// common.
  template <class Body>
  void attempt(const std::string& key, const std::string& work, Body body) {
    try {
      body();
      failing_.clear();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::internal) failing_.insert(work);
      if (failing_.size() == kMostFailingInARow) throw;
      outcome_.failures.push_back(fmt::format("{}: {}", key, error.what()));
      outcome_.worst_failure = std::max(outcome_.worst_failure, error.kind());
      if (notice_) notice_(outcome_.failures.back());
    }
  }

  void search(const SuiteCell& cell, std::size_t all) {
    SearchRequest search;
    search.data = suite_.tables[cell.job.table].data;
    search.metric = suite_.tables[cell.job.table].metric;
    search.spaces = {cell.job.space};
    search.device = cell.device;
    search.device_options = request_.device_options;
    search.device_options.seed = cell.job.seed;
    search.batch = cell.batch;
    search.compare = {"accuracy", "flops", "latency"};
    search.train_points = suite_.train_points;
    search.seed = cell.job.seed;
    search.threads = request_.threads;
    search.effort = suite_.effort;
    search.profile_budget_s = suite_.profile_budget_s;
    search.profile_folder = request_.profile_folder;
    search.training_folder = folder_of(cell.job) / "training";
    search.out = folder_of(cell.job) / fmt::format("{}-{}", safe(cell.device), cell.batch);
    search.resume = true;
    const std::string key = key_of(suite_, cell);
    const double share = 1.0 / static_cast<double>(std::max<std::size_t>(1, all));
    const double before = share * static_cast<double>(all - left_);
    const ProgressSink progress = [&](const Progress& p) {
      if (progress_) progress_({"suite", before, fmt::format("{}, {} {:.0f} %", key, p.phase, 100 * p.fraction)});
    };
    const double begin_j = own_use_->read_energy_j();
    const bool finished = std::filesystem::exists(search.out / "run.json");
    const RunRecord record = finished ? read_record(search.out) : run_search(search, {}, progress);
    results_.add(rows_of(suite_, cell, record, own_use_->read_energy_j() - begin_j));
    std::filesystem::remove_all(search.out / "checkpoint");
    ++outcome_.searches;
    --left_;
    if (request_.log) request_.log(fmt::format("{}: {}; {} searches left", key, record.chosen.text, left_));
  }

  /// Trained once, measured at every batch size that is left.
  void boost(const SuiteJob& job) {
    if (!suite_.boosting) return;
    const SuiteTable& table = suite_.tables[job.table];
    std::vector<std::int64_t> batches = suite_.batches;
    std::erase_if(batches,
                  [&](std::int64_t batch) { return results_.has(boosting_key(suite_, table, job.seed, batch)); });
    const std::string what = fmt::format("{}/xgboost/seed {}", table.name, job.seed);
    if (batches.empty() || !boosted_.insert(what).second) return;
    attempt(what, what, [&] {
      if (progress_) progress_({"suite", 0, what});
      ThreadPool pool(request_.threads > 0 ? request_.threads : available_threads());
      const PreparedData data = prepare_data(table.data, job.seed, pool.threads(), {});
      const Task task = data.dataset->target.task;
      BoostingRequest boosting;
      boosting.metric = table.metric.empty() ? default_metric(task) : metric_from(table.metric, task);
      boosting.threads = pool.threads();
      boosting.seed = job.seed;
      std::vector<BoostedEnsemble> ensembles;
      for (const bool tuned : {false, true}) {
        boosting.tuned = tuned;
        ensembles.push_back(BoostedEnsemble::train(data, boosting));
      }
      Device device = open_device("cpu", request_.device_options);
      for (const std::int64_t batch : batches) {
        Json rows = Json::array();
        for (BoostedEnsemble& ensemble : ensembles)
          rows.push_back(row_of(suite_, table, job.seed, batch, data, boosting.metric, ensemble.scores(),
                                ensemble.measure_on(device, batch), device.energy.source));
        results_.add(rows);
      }
    });
  }

  static std::string safe(std::string name) {
    std::replace(name.begin(), name.end(), ':', '-');
    return name;
  }

  const SuiteRequest& request_;
  NoticeSink notice_;
  ProgressSink progress_;
  Suite suite_;
  std::vector<SuiteCell> cells_;
  SuiteResults results_;
  std::unique_ptr<Sensor> own_use_;
  std::size_t left_ = 0;           ///< searches
  std::set<std::string> boosted_;  ///< or failed: each is tried once a call
  std::set<std::string> failing_;  ///< work that failed since the last that did not, by our or the disk's fault
  SuiteOutcome outcome_;
};

}  // namespace

SuiteOutcome run_suite(const SuiteRequest& request, const NoticeSink& notice, const ProgressSink& progress) {
  return SuiteRun(request, notice, progress).run();
}

}  // namespace tabjoule
