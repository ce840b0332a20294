#include "profile/profile.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "graph/onnx/onnx_file.h"
#include "profile/kernel_model.h"
#include "profile/order.h"

namespace tabjoule {
namespace {

constexpr int kFewLinks = 4;
constexpr int kManyLinks = 20;
constexpr std::size_t kKernelsBeforeCrowding = 16;
constexpr int kSessionTries = 4;
// Times a sample's budget, for each of the session's four models and each point of the crowding curve: they are few,
// and in every prediction.
constexpr double kPatience = 5;

struct Cost {
  double time_s = 0;
  double energy_j = 0;
};

Cost operator-(const Cost& a, const Cost& b) { return {a.time_s - b.time_s, a.energy_j - b.energy_j}; }
Cost operator+(const Cost& a, const Cost& b) { return {a.time_s + b.time_s, a.energy_j + b.energy_j}; }
Cost operator*(double factor, const Cost& cost) { return {factor * cost.time_s, factor * cost.energy_j}; }
double weight_bytes(const MeasuringTask& task) { return 4 * work_of(task.key).parameters * task.copies; }
bool positive(const Cost& cost) { return cost.time_s > 0 && cost.energy_j > 0; }

/// One profiling run.
class Profiling {
 public:
  Profiling(DeviceProfile& profile, Device& device, const ProfileOptions& options, const std::filesystem::path& path,
            const ProgressSink& progress)
      : profile_(profile), device_(device), options_(options), path_(path), progress_(progress) {}

  void run(std::span<const KernelKey> wanted) {
    begin_s_ = device_.clock->now_s();
    adopt_device();
    report("session");
    if (!profile_.has(session_key())) measure_session();
    plan(wanted);
    total_ = left_.size();
    measure_all(/*try_again=*/true);
    left_.swap(unstable_);
    measure_all(/*try_again=*/false);
    report(fmt::format("{} samples{}", profile_.samples.size(), left_out()), 1);
  }

 private:
  void plan(std::span<const KernelKey> wanted) {
    const std::vector<MeasuringTask> crowding = crowding_tasks(wanted, options_.most_weight_bytes);
    std::size_t place = 0;
    const auto add_crowding = [&] {
      for (const MeasuringTask& task : crowding)
        if (!has_crowding(task)) left_.push_back(task);
    };
    for (const KernelKey& key : space_filling_order(wanted)) {
      if (place++ == kKernelsBeforeCrowding) add_crowding();
      if (key.type != KernelType::session && !profile_.has(key)) left_.push_back({key, 0, false});
    }
    if (place <= kKernelsBeforeCrowding) add_crowding();
  }

  [[nodiscard]] bool has_crowding(const MeasuringTask& task) const {
    return std::any_of(profile_.crowding.begin(), profile_.crowding.end(), [&](const CrowdingSample& sample) {
      return sample.key == task.key && sample.weight_bytes == weight_bytes(task);
    });
  }

  void adopt_device() {
    if (!profile_.samples.empty() && profile_.fingerprint != device_.fingerprint)
      fail_input("the profile was measured on \"{}\", this is \"{}\": start a new profile", profile_.fingerprint,
                 device_.fingerprint);
    profile_.device = device_.name;
    profile_.fingerprint = device_.fingerprint;
    profile_.source = device_.sensor->info().source;
    profile_.sensor = device_.sensor->info().name;
  }

  [[nodiscard]] Cost cost_of(const Graph& graph, const MeasureOptions& options) {
    const auto model = device_.runner->load(to_onnx(graph));
    model->bind_random(1, options_.seed);
    const Measurement measurement = measure(*model, 1, device_, options);
    return {measurement.time_per_batch_s, measurement.energy_per_batch_j};
  }

  [[nodiscard]] MeasureOptions patient_options() const {
    MeasureOptions patient = options_.measure;
    patient.budget_s *= kPatience;
    patient.target_relative_half_width /= 2;
    return patient;
  }

  /// From chains of the smallest kernel: cost = session + links x (kernel + intermediate); and from the same kernels
  /// side by side, whose outputs all leave the model: cost = session + links x kernel.
  void measure_session() {
    const MeasureOptions patient = patient_options();
    const auto cost = [&](int links, bool chained) { return cost_of(session_model(links, chained), patient); };
    for (int attempt = 1;; ++attempt) {
      try {
        const Cost few = cost(kFewLinks, true);
        const double per_link = 1.0 / (kManyLinks - kFewLinks);
        const Cost chained = per_link * (cost(kManyLinks, true) - few);
        const Cost parallel = per_link * (cost(kManyLinks, false) - cost(kFewLinks, false));
        const Cost session = few - kFewLinks * chained;
        if (!positive(session) || !positive(chained))
          throw UnstableError("the cost of a run is lost in the noise; stop other programs");
        const Cost intermediate = chained - parallel;
        profile_.intermediate_time_s = std::max(0.0, intermediate.time_s);
        profile_.intermediate_energy_j = std::max(0.0, intermediate.energy_j);
        store(session_key(), session);
        return;
      } catch (const UnstableError& error) {
        if (attempt == kSessionTries) throw Error(ErrorKind::device, fmt::format("session cost: {}", error.what()));
      }
    }
  }

  void measure_all(bool try_again) {
    while (!left_.empty() && elapsed_s() < options_.budget_s) {
      const MeasuringTask task = left_.front();
      left_.pop_front();
      try {
        measure_one(task);
      } catch (const UnstableError&) {
        if (try_again)
          unstable_.push_back(task);
        else
          ++skipped_;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) throw Error(error.kind(), task.key.text() + ": " + error.what());
        ++not_alone_;
      }
      report(task.key.text() + left_out());
    }
  }

  void measure_one(const MeasuringTask& task) {
    const int copies = task.crowding ? task.copies : copies_to_measure(task.key);
    const Cost cost = kernel_cost(task.key, copies, task.crowding ? patient_options() : options_.measure);
    if (!task.crowding) return store(task.key, cost);
    profile_.crowding.push_back({task.key, weight_bytes(task), cost.time_s, cost.energy_j});
    store();
  }

  [[nodiscard]] Cost kernel_cost(const KernelKey& key, int copies, const MeasureOptions& options) {
    const Cost cost = (1.0 / copies) * (cost_of(kernel_model(key, copies), options) - session_cost()) +
                      Cost{profile_.intermediate_time_s, profile_.intermediate_energy_j};
    if (!positive(cost)) throw UnstableError("the kernel is lost in the session's cost");
    return cost;
  }

  [[nodiscard]] Cost session_cost() const {
    const auto is_session = [](const KernelSample& sample) { return sample.key == session_key(); };
    const auto found = std::find_if(profile_.samples.begin(), profile_.samples.end(), is_session);
    return {found->time_s, found->energy_j};
  }

  void store(const KernelKey& key, const Cost& cost) {
    profile_.samples.push_back({key, cost.time_s, cost.energy_j, 1, profile_.fingerprint});
    store();
  }

  void store() const {
    if (!path_.empty()) write_json(path_, to_json(profile_));
  }

  [[nodiscard]] double elapsed_s() const { return device_.clock->now_s() - begin_s_; }

  [[nodiscard]] std::string left_out() const {
    std::string text;
    if (skipped_ > 0) text += fmt::format(", {} left out as unstable", skipped_);
    if (not_alone_ > 0) text += fmt::format(", {} cannot be measured alone", not_alone_);
    return text;
  }

  void report(const std::string& detail, std::optional<double> fraction = {}) const {
    if (!progress_) return;
    const double done =
        total_ == 0 ? 0 : 1 - static_cast<double>(left_.size() + unstable_.size()) / static_cast<double>(total_);
    progress_(
        {"profile", fraction.value_or(std::clamp(std::max(done, elapsed_s() / options_.budget_s), 0.0, 1.0)), detail});
  }

  DeviceProfile& profile_;
  Device& device_;
  const ProfileOptions& options_;
  const std::filesystem::path& path_;
  const ProgressSink& progress_;
  double begin_s_ = 0;
  std::size_t total_ = 0;
  std::deque<MeasuringTask> left_;
  std::deque<MeasuringTask> unstable_;
  int skipped_ = 0;
  int not_alone_ = 0;
};

}  // namespace

bool DeviceProfile::has(const KernelKey& key) const {
  return std::any_of(samples.begin(), samples.end(), [&](const KernelSample& sample) { return sample.key == key; });
}

void profile_kernels(DeviceProfile& profile, std::span<const KernelKey> wanted, Device& device,
                     const ProfileOptions& options, const std::filesystem::path& path, const ProgressSink& progress) {
  if (!device.runner || !device.sensor || !device.clock) fail_usage("the device has no runner, sensor or clock");
  if (!(options.budget_s > 0)) fail_usage("the budget must be a positive number of seconds, got {}", options.budget_s);
  Profiling(profile, device, options, path, progress).run(wanted);
}

}  // namespace tabjoule
