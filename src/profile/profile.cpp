#include "profile/profile.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

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
constexpr double kModelShare = 0.15;    // of the budget
// Of a machine that does not hold still: without the session nothing can be measured.
constexpr double kSessionShare = 0.5, kSessionPatienceS = 60;
constexpr double kStoreEveryS = 1;  // of this machine's time: what a kill loses
constexpr double kFirstLookS = 5;   // back at what was measured; the next after twice as long

double weight_bytes(const MeasuringTask& task) { return parameter_bytes(task.key) * task.copies; }

template <class Samples>
auto find(Samples& samples, const KernelKey& key) {
  return std::find_if(samples.begin(), samples.end(), [&](const KernelSample& sample) { return sample.key == key; });
}

bool holds(const std::vector<KernelSample>& samples, const KernelKey& key) {
  return find(samples, key) != samples.end();
}

bool is_of(const MeasuringTask& task, const CrowdingSample& sample) {
  return sample.key == task.key && sample.weight_bytes == weight_bytes(task);
}

/// What was measured, and the pace beside it.
template <class T>
struct Paced {
  T of;
  double pace = 0;
};

/// The median of each cost; of an even number the lower, since what disturbs only adds.
SessionCost middle_of(const std::vector<SessionCost>& sessions) {
  const auto middle = [&](auto part) {
    std::vector<MeteredCost> costs;
    for (const SessionCost& session : sessions) costs.push_back(session.*part);
    std::sort(costs.begin(), costs.end(),
              [](const MeteredCost& a, const MeteredCost& b) { return a.time_s < b.time_s; });
    return costs[(costs.size() - 1) / 2];
  };
  return {middle(&SessionCost::run), middle(&SessionCost::intermediate)};
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
    look_back();
    measure_all(/*try_again=*/true);
    left_.swap(unstable_);
    measure_all(/*try_again=*/false);
    queue_disturbed();
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
    const auto found = find(profile_.samples, session_key());
    if (found != profile_.samples.end()) {
      session_ = {{found->time_s, found->energy_j}, {profile_.intermediate_time_s, profile_.intermediate_energy_j}};
      return;
    }
    session_ = meter_.session(std::min(kSessionPatienceS, kSessionShare * options_.budget_s));
    sessions_.push_back({session_, pace()});
    store_session();
  }

  void store_session() {
    profile_.intermediate_time_s = session_.intermediate.time_s;
    profile_.intermediate_energy_j = session_.intermediate.energy_j;
    store(profile_.samples, session_key(), session_.run);
  }

  /// Of the last that was measured; 0 where the device has none.
  [[nodiscard]] double pace() const { return device_.pace ? device_.pace->latest() : 0; }

  /// Whether it was measured beside the pace that has turned out to be an undisturbed one.
  [[nodiscard]] bool was_quiet(double pace) const { return pace <= kQuiet * device_.pace->quick(); }

  /// What the last measurement would have been beside that pace.
  [[nodiscard]] MeteredCost undisturbed(const MeteredCost& cost) const {
    return !device_.pace || was_quiet(pace()) ? cost : device_.pace->quick() / pace() * cost;
  }

  /// The session's cost once more: nothing at the beginning tells that something disturbs.
  void look_back() {
    if (!device_.pace || !may_go_on()) return;
    measure_session_again();
    queue_disturbed();
    next_look_s_ = 2 * elapsed_s();
  }

  /// What turns out to have been measured beside a slow pace goes to the front of left_, once, and costs less by as
  /// much until it is measured again, if ever.
  void queue_disturbed() {
    if (!device_.pace) return;
    const double quick = device_.pace->quick();
    std::erase_if(measured_, [&](const Paced<MeasuringTask>& measured) {
      if (measured.pace <= kQuiet * quick) return false;
      scale(measured.of, quick / measured.pace);
      left_.push_front(measured.of);
      again_.emplace(measured.of.key, measured.of.copies);
      return true;
    });
  }

  /// The cost stored of it.
  void scale(const MeasuringTask& task, double factor) {
    const auto scale_in = [&](auto& samples, const auto& is_it) {
      const auto found = std::find_if(samples.begin(), samples.end(), is_it);
      if (found == samples.end()) return;
      found->time_s *= factor;
      found->energy_j *= factor;
      changed();
    };
    const auto has_key = [&](const KernelSample& sample) { return sample.key == task.key; };
    if (task.purpose == Purpose::crowding)
      scale_in(profile_.crowding, [&](const CrowdingSample& sample) { return is_of(task, sample); });
    else
      scale_in(task.purpose == Purpose::held_out ? profile_.held_out : profile_.samples, has_key);
  }

  void measure_session_again() {
    try {
      sessions_.push_back({meter_.session_again(), pace()});
    } catch (const UnstableError&) {
    }
    std::vector<SessionCost> quiet;
    for (const Paced<SessionCost>& session : sessions_)
      if (was_quiet(session.pace)) quiet.push_back(session.of);
    if (!quiet.empty()) adopt_session(middle_of(quiet));
  }

  /// What was measured with another session's cost taken out of it.
  void adopt_session(const SessionCost& session) {
    const MeteredCost run = session_.run - session.run;
    const MeteredCost intermediate = session.intermediate - session_.intermediate;
    const auto adjust = [&](auto& sample, int copies) {
      const MeteredCost cost = MeteredCost{sample.time_s, sample.energy_j} + 1.0 / copies * run + intermediate;
      if (!cost.positive()) return;  // of a kernel that is far smaller than a session
      sample.time_s = cost.time_s;
      sample.energy_j = cost.energy_j;
    };
    for (std::vector<KernelSample>* samples : {&profile_.samples, &profile_.held_out})
      for (KernelSample& sample : *samples)
        if (sample.key.type != KernelType::session) adjust(sample, copies_to_measure(sample.key));
    for (CrowdingSample& sample : profile_.crowding)
      adjust(sample, static_cast<int>(std::lround(sample.weight_bytes / parameter_bytes(sample.key))));
    session_ = session;
    store_session();
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

  /// What was measured at first stays where the second time is no better.
  [[nodiscard]] bool is_second(const MeasuringTask& task) const { return again_.contains({task.key, task.copies}); }

  [[nodiscard]] bool lacks(const KernelKey& key) const { return key.type != KernelType::session && !profile_.has(key); }

  [[nodiscard]] bool has_crowding(const MeasuringTask& task) const {
    return std::any_of(profile_.crowding.begin(), profile_.crowding.end(),
                       [&](const CrowdingSample& sample) { return is_of(task, sample); });
  }

  void measure_all(bool try_again) {
    while (!left_.empty() && may_go_on()) {
      if (elapsed_s() >= next_look_s_)
        look_back();
      else if (device_.pace && was_quiet(pace()))
        queue_disturbed();
      const MeasuringTask task = left_.front();
      left_.pop_front();
      try {
        measure_one(task);
      } catch (const UnstableError&) {
        if (try_again)
          unstable_.push_back(task);
        else if (!is_second(task))
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
      std::erase_if(profile_.crowding, [&](const CrowdingSample& sample) { return is_of(task, sample); });
      profile_.crowding.push_back({task.key, weight_bytes(task), cost.time_s, cost.energy_j});
      changed();
    } else {
      const bool held_out = task.purpose == Purpose::held_out;
      MeteredCost cost =
          meter_.kernel(task.key, copies_to_measure(task.key), session_, held_out ? kHeldOutPatience : 1);
      if (is_second(task)) cost = undisturbed(cost);
      store(held_out ? profile_.held_out : profile_.samples, task.key, cost);
    }
    if (device_.pace && !is_second(task)) measured_.push_back({task, pace()});
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
    for (const ModelToMeasure* model : unstable) {
      if (elapsed_s() <= options_.budget_s) measure_model(*model);
      if (!profile_.has(*model)) ++skipped_;
    }
  }

  /// False: it was not stable, or slow all the time.
  bool measure_model(const ModelToMeasure& model) {
    try {
      const MeteredCost cost = undisturbed(meter_.model(model.graph(), model.batch, kPatience));
      std::erase_if(profile_.models, [&](const ModelSample& sample) {
        return sample.name == model.name && sample.batch == model.batch;
      });
      profile_.models.push_back({model.name, model.kernels, model.batch, cost.time_s, cost.energy_j});
      changed();
      return !device_.pace || was_quiet(pace());
    } catch (const UnstableError&) {
      return false;
    } catch (const Error& error) {
      throw Error(error.kind(), model.name + ": " + error.what());
    }
  }

  /// In the place of what was measured before.
  void store(std::vector<KernelSample>& samples, const KernelKey& key, const MeteredCost& cost) {
    const KernelSample sample{key, cost.time_s, cost.energy_j, 1, profile_.fingerprint};
    const auto found = find(samples, key);
    if (found != samples.end())
      *found = sample;
    else
      samples.push_back(sample);
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
    if (!again_.empty()) text += fmt::format(", {} disturbed at first", again_.size());
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
  std::vector<Paced<SessionCost>> sessions_;    ///< as often as they were measured
  std::vector<Paced<MeasuringTask>> measured_;  ///< once, by a device that has a pace
  std::set<std::pair<KernelKey, int>> again_;   ///< disturbed at first; not measured a third time
  double next_look_s_ = kFirstLookS;
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
