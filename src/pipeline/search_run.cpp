#include "pipeline/search_run.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/version.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "pipeline/energy_model.h"
#include "pipeline/model_files.h"
#include "pipeline/prepared_data.h"
#include "pipeline/scaling_choice.h"
#include "pipeline/trained_model.h"
#include "search/policy_gradient.h"
#include "supernet/train_supernet.h"

namespace tabjoule {
namespace {

/// Validation rows that score an architecture during the search; more add little but time.
constexpr std::size_t kSearchRows = 2048;
/// Floating-point operations at effort 1: about half a minute each on two cores.
constexpr double kSupernetFlops = 3e12;
constexpr double kTrainingFlops = 3e12;
/// Points of the front that the record keeps.
constexpr std::size_t kParetoPoints = 40;

/// The run while it happens: what its phases share. One phase is one member function.
class SearchRun {
 public:
  SearchRun(const SearchRequest& request, const NoticeSink& notice, const ProgressSink& progress)
      : request_(request), notice_(notice), progress_(progress), pool_(threads(request)) {}

  RunRecord run();

 private:
  static int threads(const SearchRequest& request) {
    return request.threads > 0 ? request.threads : available_threads();
  }
  template <class Body>
  void phase(const std::string& name, Body&& body);
  void notice(const std::string& text);

  void open();
  void choose_scaling_of_numbers();
  void profile();
  void train_supernet_phase();
  void search();
  void train_winners();
  void export_and_measure();
  void write() const;

  [[nodiscard]] SearchResult search_with(double energy_weight, SupernetScorer& scorer, EnergyTable& table,
                                         const std::string& name) const;
  [[nodiscard]] double predicted_energy_j(EnergyTable& table, const Architecture& architecture) const;
  [[nodiscard]] RunPoint point(const Candidate& candidate) const;
  void measure_point(RunPoint& result, const TrainedModel& model);
  [[nodiscard]] double score_from_utility(double value) const;

  const SearchRequest& request_;
  NoticeSink notice_;
  ProgressSink progress_;
  ThreadPool pool_;
  RunRecord record_;
  DataRequest wanted_;  ///< what is asked, with the encoding that the space takes
  PreparedData data_;
  SearchSpace space_;
  NetworkShape shape_;
  Metric metric_ = Metric::accuracy;
  Device device_;
  DeviceProfile profile_;
  std::optional<Predictor> predictor_;
  std::optional<Supernet> supernet_;
  Samples search_rows_;
  double dummy_ = 0;
  Candidate best_, accuracy_best_;
  std::optional<TrainedModel> chosen_model_, accuracy_model_;
};

template <class Body>
void SearchRun::phase(const std::string& name, Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  const double energy_before = device_.sensor ? device_.sensor->read_energy_j() : 0;
  if (progress_) progress_({name, 0, ""});
  body();
  if (progress_) progress_({name, 1, ""});
  const double time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double energy_j = device_.sensor ? std::max(0.0, device_.sensor->read_energy_j() - energy_before) : 0;
  record_.phases.push_back({name, time_s, energy_j});
}

void SearchRun::notice(const std::string& text) {
  record_.notices.push_back(text);
  if (notice_) notice_(text);
}

void require_request(const SearchRequest& request) {
  if (request.batch < 1 || request.batch > 65536) fail_usage("--batch must lie in 1 .. 65536, it is {}", request.batch);
  if (!(request.energy_weight >= 0))
    fail_usage("--energy-weight must not be negative, it is {}", request.energy_weight);
  if (!(request.effort > 0 && request.effort <= 1000))
    fail_usage("--effort must lie in (0, 1000], it is {}", request.effort);
  if (!(request.dropout >= 0 && request.dropout < 1))
    fail_usage("the dropout must lie in [0, 1), it is {}", request.dropout);
  if (request.threads < 0 || request.threads > 1024)
    fail_usage("--threads must lie in 0 .. 1024, it is {}", request.threads);
  if (std::filesystem::exists(request.out / "run.json"))
    fail_usage("{} holds a run already: choose another --out", request.out.string());
}

void SearchRun::open() {
  device_ = open_device(request_.device, request_.device_options);
  space_ = load_space(request_.space);
  wanted_ = request_.data;
  wanted_.preprocess.encoding = category_encoding(space_);
  data_ = prepare_data(wanted_, request_.seed, pool_.threads(), [this](const std::string& text) { notice(text); });
  const Target& target = data_.dataset.target;
  metric_ = request_.metric.empty() ? default_metric(target.task) : metric_from(request_.metric, target.task);
  if (request_.data.choose_scaling) choose_scaling_of_numbers();
  shape_ = shape_of(data_, request_.dropout);
  std::error_code error;
  std::filesystem::create_directories(request_.out, error);
  if (error) fail_internal("{}: cannot be made: {}", request_.out.string(), error.message());

  record_.version = kVersion;
  record_.created = utc_now();
  record_.data = request_.data.data;
  record_.target = target.name;
  record_.task = to_string(target.task);
  record_.metric = to_string(metric_);
  record_.higher_is_better = higher_is_better(metric_);
  record_.device = device_.name;
  record_.fingerprint = device_.fingerprint;
  record_.sensor = device_.energy.name;
  record_.sensor_description = device_.energy.description;
  record_.source = device_.energy.source;
  record_.batch = request_.batch;
  record_.seed = request_.seed;
  record_.threads = pool_.threads();
  record_.reward = {"energy-weight", request_.energy_weight};
  record_.rows_train = data_.train.rows();
  record_.rows_validation = data_.validation.rows();
  record_.rows_test = data_.test.rows();
  record_.raw_columns = static_cast<int>(data_.dataset.features.columns.size());
  record_.features = shape_.inputs;
  record_.classes = target.classes;
  record_.spaces = {{space_.name, space_.family, space_.size(), 0}};
  record_.dummy_test_score = dummy_score(data_.train, data_.test, shape_.outputs, metric_);
  record_.folder = request_.out;
}

void SearchRun::choose_scaling_of_numbers() {
  const ScalingChoice choice = choose_scaling(data_, wanted_.preprocess, request_.seed, pool_, progress_);
  if (choice.scaling == Scaling::standard)
    notice(
        fmt::format("numeric columns are standardised: a small network's validation loss is {:.4g}, on quantiles it "
                    "is {:.4g}",
                    *choice.loss_standard, *choice.loss_quantile));
}

void SearchRun::profile() {
  const auto wanted = kernels_of_space(device_, space_, shape_, request_.batch);
  EnergyModelOptions options;
  options.profile_budget_s = request_.profile_budget_s;
  options.profile_folder = request_.profile_folder;
  predictor_ = fit_device(
      device_, wanted, options, profile_, [this](const std::string& text) { notice(text); }, progress_);
  const PredictorAccuracy& accuracy = predictor_->accuracy();
  record_.predictor = {{"samples", profile_.samples.size()},
                       {"mape", accuracy.mape},
                       {"rmspe", accuracy.rmspe},
                       {"within_10", accuracy.within_10},
                       {"constant", {{"mape", accuracy.constant_mape}}},
                       {"flops", {{"mape", accuracy.flops_mape}}}};
}

void SearchRun::train_supernet_phase() {
  supernet_.emplace(space_, shape_, request_.seed);
  SupernetOptions options;
  options.flop_budget = request_.effort * kSupernetFlops;
  options.metric = metric_;
  options.seed = request_.seed;
  search_rows_ = spread_rows(data_.validation, kSearchRows);
  SupernetResult trained = train_supernet(*supernet_, data_.train, search_rows_, options, pool_, progress_);
  record_.trace.supernets = {{space_.name, {std::move(trained.losses), std::move(trained.probe_scores)}}};
}

double SearchRun::predicted_energy_j(EnergyTable& table, const Architecture& architecture) const {
  const EnergySum sum = table.sum(kernels_of(device_, to_network(space_, architecture, shape_), request_.batch));
  if (sum.unknown > 0)
    fail_device("{} kernels of {} were not measured on {}: raise --profile-budget", sum.unknown,
                to_text(space_, architecture), device_.name);
  return sum.energy_per_batch_j / static_cast<double>(request_.batch);
}

SearchResult SearchRun::search_with(double energy_weight, SupernetScorer& scorer, EnergyTable& table,
                                    const std::string& name) const {
  SearchOptions options;
  options.seed = request_.seed;
  options.updates = std::max(10, static_cast<int>(request_.effort * options.updates));
  const Reward reward{energy_weight, predicted_energy_j(table, largest(space_))};
  return policy_gradient_search(
      space_, [&](const Architecture& a) { return utility(metric_, scorer.score(a), dummy_); },
      [&](const Architecture& a) { return predicted_energy_j(table, a); }, reward, options,
      [&](Progress progress) {
        progress.phase = name;
        if (progress_) progress_(progress);
      });
}

void SearchRun::search() {
  dummy_ = dummy_score(data_.train, search_rows_, shape_.outputs, metric_);
  SupernetScorer scorer(*supernet_, data_.train, search_rows_, metric_, pool_);
  EnergyTable table(*predictor_);
  SearchResult found = search_with(request_.energy_weight, scorer, table, "search");
  const SearchResult accuracy = search_with(0, scorer, table, "search accuracy alone");
  best_ = found.best;
  accuracy_best_ = accuracy.best;
  record_.trace.searches = {{"energy", {std::move(found.mean_rewards), std::move(found.entropies)}},
                            {"accuracy", {accuracy.mean_rewards, accuracy.entropies}}};
  record_.architectures_scored = record_.spaces.front().scored = scorer.scored();
  std::vector<Candidate> evaluated = std::move(found.evaluated);
  evaluated.insert(evaluated.end(), accuracy.evaluated.begin(), accuracy.evaluated.end());
  const auto front = pareto_front(std::move(evaluated));
  const std::size_t step = (front.size() + kParetoPoints - 1) / kParetoPoints;
  for (std::size_t i = 0; i < front.size(); i += std::max<std::size_t>(step, 1))
    record_.pareto.push_back(point(front[i]));
}

double SearchRun::score_from_utility(double value) const {
  return higher_is_better(metric_) ? value : (1 - value) * dummy_;
}

RunPoint SearchRun::point(const Candidate& candidate) const {
  RunPoint result;
  const Network network = to_network(space_, candidate.architecture, shape_);
  const ModelPrediction prediction = predictor_->predict(kernels_of(device_, network, request_.batch));
  result.space = space_.name;
  result.architecture = to_json(space_, candidate.architecture);
  result.text = to_text(space_, candidate.architecture);
  result.score_supernet = score_from_utility(candidate.utility);
  result.energy_predicted_j = candidate.energy_j;
  result.time_predicted_s = prediction.time_per_batch_s / static_cast<double>(request_.batch);
  const auto batch = static_cast<double>(request_.batch);
  result.energy_predicted_interval_90_j =
      Interval{prediction.energy_low_per_batch_j / batch, prediction.energy_high_per_batch_j / batch};
  result.parameters = network.parameter_count();
  result.flops = network.flops();
  for (const auto& kernel : prediction.kernels)
    result.kernels.push_back(
        {kernel.kernel.key.text(), kernel.kernel.nodes, kernel.prediction.energy_j, kernel.prediction.time_s});
  return result;
}

void SearchRun::train_winners() {
  FinalTrainingOptions options;
  options.metric = metric_;
  options.flop_budget = request_.effort * kTrainingFlops;
  options.seed = request_.seed;
  const auto train = [&](const Candidate& candidate, double offset) {
    return train_architecture(space_, candidate.architecture, shape_, data_, options, pool_, [&](Progress progress) {
      progress.fraction = offset + progress.fraction / 2;
      if (progress_) progress_(progress);
    });
  };
  chosen_model_ = train(best_, 0);
  if (accuracy_best_.architecture != best_.architecture) accuracy_model_ = train(accuracy_best_, 0.5);
}

void SearchRun::measure_point(RunPoint& result, const TrainedModel& model) {
  result.trained = true;
  result.score_validation = model.score_validation;
  result.score_test = model.score_test;
  const auto loaded = device_.runner->load(to_onnx(to_graph(model.network, &model.store)));
  loaded->bind_random(request_.batch, request_.seed);
  try {
    const Measurement measurement = measure(*loaded, request_.batch, device_, MeasureOptions{});
    const auto batch = static_cast<double>(request_.batch);
    result.energy_measured_j = measurement.energy_j();
    result.energy_measured_half_width_95_j = measurement.energy_half_width_95_j / batch;
    result.time_measured_s = measurement.time_per_batch_s / batch;
  } catch (const Error& error) {  // the trained network is not lost over a measurement
    if (error.kind() != ErrorKind::device) throw;
    notice(fmt::format("{} was not measured: {}; `tabjoule measure` tries again", result.text, error.what()));
  }

  if (device_.simulation) {
    const KernelCost truth = device_.simulation->steady_cost(kernels_of(device_, model.network, request_.batch));
    result.energy_true_j = truth.energy_j / static_cast<double>(request_.batch);
  }
  const KernelGraph executed = detect_kernels(device_, loaded->executed_graph(), request_.batch);
  const KernelGraph expected = kernels_of(device_, model.network, request_.batch);
  const auto same = [](const Kernel& a, const Kernel& b) { return a.key == b.key; };
  if (!std::equal(executed.kernels.begin(), executed.kernels.end(), expected.kernels.begin(), expected.kernels.end(),
                  same))
    notice(
        fmt::format("{} runs {} kernels for {} where {} were expected: its energy is predicted from other kernels "
                    "than it runs",
                    device_.runner->name(), executed.kernels.size(), result.text, expected.kernels.size()));
}

void SearchRun::export_and_measure() {
  record_.export_difference = export_model(request_.out, *chosen_model_, data_, *device_.runner, pool_);
  record_.chosen = point(best_);
  measure_point(record_.chosen, *chosen_model_);
  record_.chosen_by = {"energy-weight", "the highest score less the weight of its energy", true};
  RunBaseline accuracy{"accuracy", record_.chosen, 0, false};
  if (accuracy_model_) {
    accuracy.point = point(accuracy_best_);
    measure_point(accuracy.point, *accuracy_model_);
    const RunPoint& other = accuracy.point;
    accuracy.saving_predicted = !record_.chosen.energy_measured_j || !other.energy_measured_j;
    accuracy.saving_fraction = accuracy.saving_predicted
                                   ? 1 - *record_.chosen.energy_predicted_j / *other.energy_predicted_j
                                   : 1 - *record_.chosen.energy_measured_j / *other.energy_measured_j;
  }
  record_.baselines.push_back(accuracy);
}

void SearchRun::write() const { write_json(request_.out / "run.json", to_json(record_)); }

RunRecord SearchRun::run() {
  require_request(request_);
  phase("read", [this] { open(); });
  phase("profile", [this] { profile(); });
  phase("supernet", [this] { train_supernet_phase(); });
  phase("search", [this] { search(); });
  phase("train", [this] { train_winners(); });
  phase("measure", [this] { export_and_measure(); });
  write();
  return std::move(record_);
}

}  // namespace

RunRecord run_search(const SearchRequest& request, const NoticeSink& notice, const ProgressSink& progress) {
  return SearchRun(request, notice, progress).run();
}

}  // namespace tabjoule
