#include "profile/profile.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "profile/kernel_meter.h"
#include "profile/kernel_model.h"
#include "profile/order.h"

namespace tabjoule {
namespace {

using Purpose = MeasuringTask::Purpose;

constexpr std::size_t kKernelsBeforeCrowding = 16;
// Times a sample's budget, for each point of the crowding curve, each held-out kernel and each whole model: they are
// few, and the first is in every prediction, the others judge them.
constexpr double kPatience = 5;
constexpr double kHeldOutPatience = 2;
constexpr std::size_t kRoundShare = 8;  // so that looking takes no more time as samples grow
constexpr double kModelShare = 0.1;     // of the budget
constexpr double kStoreEveryS = 1;      // of this machine's time: what a kill loses

double weight_bytes(const MeasuringTask& task) { return 4 * work_of(task.key).parameters * task.copies; }

bool holds(std::span<const KernelSample> samples, const KernelKey& key) {
  return std::any_of(samples.begin(), samples.end(), [&](const KernelSample& sample) { return sample.key == key; });
}

/// One profiling run.
class Profiling {
 public:
  Profiling(DeviceProfile& profile, Device& device, const ProfileOptions& options, const std::filesystem::path& path,
            const ProgressSink& progress)
      : profile_(profile),
        device_(device),
        options_(options),
        meter_(device, options.measure, options.inputs),
        path_(path),
        progress_(progress) {}

  /// What was measured is stored however it ends.
  void run(std::span<const KernelKey> wanted) {
    begin_s_ = device_.clock->now_s();
    adopt_device();
    try {
      measure_everything(wanted);
    } catch (...) {
      store_changes();
      throw;
    }
    store_changes();
  }

 private:
  void measure_everything(std::span<const KernelKey> wanted) {
    report("session");
    take_session();
    plan(wanted);
    measure_all(/*try_again=*/true);
    while (!waiting_.empty() && may_go_on()) {
      plan_round();
      measure_all(/*try_again=*/true);
    }
    left_.swap(unstable_);
    measure_all(/*try_again=*/false);
    report(fmt::format("{} samples{}", profile_.samples.size(), left_out()), 1);
    measure_models();
  }

  void adopt_device() {
    if (!profile_.samples.empty() && profile_.fingerprint != device_.fingerprint)
      fail_input("the profile was measured on \"{}\", this is \"{}\": start a new profile", profile_.fingerprint,
                 device_.fingerprint);
    profile_.device = device_.name;
    profile_.fingerprint = device_.fingerprint;
    profile_.source = device_.energy.source;
    profile_.sensor = device_.energy.name;
  }

  void take_session() {
    if (!profile_.has(session_key())) {
      const SessionCost session = meter_.session();
      profile_.intermediate_time_s = session.intermediate.time_s;
      profile_.intermediate_energy_j = session.intermediate.energy_j;
      store(profile_.samples, session_key(), session.run);
    }
    const auto is_session = [](const KernelSample& sample) { return sample.key == session_key(); };
    const auto found = std::find_if(profile_.samples.begin(), profile_.samples.end(), is_session);
    session_.run = {found->time_s, found->energy_j};
    session_.intermediate = {profile_.intermediate_time_s, profile_.intermediate_energy_j};
  }

  /// The first kernels and those held out into left_, the others into waiting_.
  void plan(std::span<const KernelKey> wanted) {
    const std::vector<KernelKey> held_out = choose_held_out(wanted, options_.held_out, options_.seed);
    const std::set<KernelKey> frozen(held_out.begin(), held_out.end());
    std::vector<KernelKey> learnt;
    for (const KernelKey& key : wanted)
      if (!frozen.contains(key) && !holds(profile_.held_out, key)) learnt.push_back(key);
    const std::vector<KernelKey> order = space_filling_order(learnt);
    const std::size_t first = options_.doubt ? std::min(options_.first, order.size()) : order.size();
    const std::vector<MeasuringTask> crowding = crowding_tasks(wanted, options_.most_weight_bytes);
    const auto add_crowding = [&] {
      for (const MeasuringTask& task : crowding)
        if (!has_crowding(task)) left_.push_back(task);
    };
    for (std::size_t place = 0; place < first; ++place) {
      if (place == kKernelsBeforeCrowding) add_crowding();
      if (lacks(order[place])) left_.push_back({order[place], 0, Purpose::sample});
    }
    if (first <= kKernelsBeforeCrowding) add_crowding();
    for (const KernelKey& key : held_out)
      if (!holds(profile_.held_out, key) && lacks(key)) left_.push_back({key, 0, Purpose::held_out});
    std::copy_if(order.begin() + static_cast<std::ptrdiff_t>(first), order.end(), std::back_inserter(waiting_),
                 [&](const KernelKey& key) { return lacks(key); });
    total_ = left_.size() + waiting_.size();
  }

  void plan_round() {
    std::vector<KernelKey> measured;
    for (const KernelSample& sample : profile_.samples) measured.push_back(sample.key);
    const std::size_t kernels = std::max(options_.round, measured.size() / kRoundShare);
    const std::vector<double> doubts = options_.doubt(profile_, waiting_);
    if (doubts.size() != waiting_.size()) fail_internal("{} doubts about {} kernels", doubts.size(), waiting_.size());
    for (const KernelKey& key : most_doubtful(waiting_, doubts, measured, kernels)) {
      left_.push_back({key, 0, Purpose::sample});
      std::erase(waiting_, key);
    }
  }

  [[nodiscard]] bool lacks(const KernelKey& key) const { return key.type != KernelType::session && !profile_.has(key); }

  [[nodiscard]] bool has_crowding(const MeasuringTask& task) const {
    return std::any_of(profile_.crowding.begin(), profile_.crowding.end(), [&](const CrowdingSample& sample) {
      return sample.key == task.key && sample.weight_bytes == weight_bytes(task);
    });
  }

  void measure_all(bool try_again) {
    while (!left_.empty() && may_go_on()) {
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
    if (task.purpose == Purpose::crowding) {
      const MeteredCost cost = meter_.kernel(task.key, task.copies, session_, kPatience);
      profile_.crowding.push_back({task.key, weight_bytes(task), cost.time_s, cost.energy_j});
      return changed();
    }
    const bool held_out = task.purpose == Purpose::held_out;
    const MeteredCost cost =
        meter_.kernel(task.key, copies_to_measure(task.key), session_, held_out ? kHeldOutPatience : 1);
    store(held_out ? profile_.held_out : profile_.samples, task.key, cost);
  }

  void measure_models() {
    std::vector<const ModelToMeasure*> unstable;
    std::size_t done = 0;
    for (const ModelToMeasure& model : options_.models) {
      if (elapsed_s() > options_.budget_s) break;
      if (!profile_.has(model) && !measure_model(model)) unstable.push_back(&model);
      ++done;
      if (progress_)
        progress_(
            {"whole models", static_cast<double>(done) / static_cast<double>(options_.models.size()), model.name});
    }
    for (const ModelToMeasure* model : unstable)
      if (elapsed_s() > options_.budget_s || !measure_model(*model)) ++skipped_;
  }

  /// False: it was not stable.
  bool measure_model(const ModelToMeasure& model) {
    try {
      const MeteredCost cost = meter_.model(model.graph(), model.batch, kPatience);
      profile_.models.push_back({model.name, model.kernels, model.batch, cost.time_s, cost.energy_j});
      changed();
      return true;
    } catch (const UnstableError&) {
      return false;
    } catch (const Error& error) {
      throw Error(error.kind(), model.name + ": " + error.what());
    }
  }

  void store(std::vector<KernelSample>& samples, const KernelKey& key, const MeteredCost& cost) {
    samples.push_back({key, cost.time_s, cost.energy_j, 1, profile_.fingerprint});
    changed();
  }

  /// Simulated devices measure hundreds of kernels a second: the whole profile is not written for each.
  void changed() {
    changed_ = true;
    if (wall_.now_s() - stored_s_ >= kStoreEveryS) store_changes();
  }

  void store_changes() {
    if (changed_ && !path_.empty()) write_json(path_, to_json(profile_));
    changed_ = false;
    stored_s_ = wall_.now_s();
  }

  [[nodiscard]] double elapsed_s() const { return device_.clock->now_s() - begin_s_; }

  [[nodiscard]] double kernel_budget_s() const {
    return (options_.models.empty() ? 1 : 1 - kModelShare) * options_.budget_s;
  }

  [[nodiscard]] bool may_go_on() const {
    const std::size_t measured = profile_.samples.size() + profile_.held_out.size() + profile_.crowding.size();
    return elapsed_s() < kernel_budget_s() && (options_.most_kernels == 0 || measured < options_.most_kernels);
  }

  [[nodiscard]] std::string left_out() const {
    std::string text;
    if (skipped_ > 0) text += fmt::format(", {} left out as unstable", skipped_);
    if (not_alone_ > 0) text += fmt::format(", {} cannot be measured alone", not_alone_);
    return text;
  }

  void report(const std::string& detail, std::optional<double> fraction = {}) const {
    if (!progress_) return;
    const auto left = static_cast<double>(left_.size() + unstable_.size() + waiting_.size());
    const double done = total_ == 0 ? 0 : 1 - left / static_cast<double>(total_);
    progress_(
        {"profile", fraction.value_or(std::clamp(std::max(done, elapsed_s() / kernel_budget_s()), 0.0, 1.0)), detail});
  }

  DeviceProfile& profile_;
  Device& device_;
  const ProfileOptions& options_;
  KernelMeter meter_;
  const std::filesystem::path& path_;
  const ProgressSink& progress_;
  SessionCost session_;
  double begin_s_ = 0;
  SystemClock wall_;
  double stored_s_ = wall_.now_s();
  bool changed_ = false;  ///< since it was stored
  std::size_t total_ = 0;
  std::deque<MeasuringTask> left_;
  std::deque<MeasuringTask> unstable_;
  std::vector<KernelKey> waiting_;  ///< for a round that doubts them
  int skipped_ = 0;
  int not_alone_ = 0;
};

}  // namespace

bool DeviceProfile::has(const KernelKey& key) const { return holds(samples, key); }

bool DeviceProfile::has(const ModelToMeasure& model) const {
  return std::any_of(models.begin(), models.end(), [&](const ModelSample& sample) {
    return sample.name == model.name && sample.batch == model.batch;
  });
}

void profile_kernels(DeviceProfile& profile, std::span<const KernelKey> wanted, Device& device,
                     const ProfileOptions& options, const std::filesystem::path& path, const ProgressSink& progress) {
  if (!device.runner || (!device.sensor && !device.recorder) || !device.clock)
    fail_usage("the device has no runner, sensor or clock");
  if (!(options.budget_s > 0)) fail_usage("the budget must be a positive number of seconds, got {}", options.budget_s);
  if (options.round == 0) fail_usage("a round needs at least one kernel");
  Profiling(profile, device, options, path, progress).run(wanted);
}

}  // namespace tabjoule
