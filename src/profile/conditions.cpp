#include "profile/conditions.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "profile/measure.h"

namespace tabjoule {
namespace {

constexpr double kRestS = 0.5;
constexpr double kCooler = 5;  // degrees
constexpr const char* kPowerCap = "power cap";

}  // namespace

Conditions::Conditions(Device& device, double most_rest_s) : device_(device), rest_left_s_(most_rest_s) {}

/// What slows the device down against its will.
std::vector<std::string> Conditions::look() {
  if (!device_.read_state) return {};
  std::vector<std::string> met = std::move(state_.throttling);
  state_ = device_.read_state();
  std::vector<std::string> harmful;
  for (const std::string& reason : state_.throttling) {
    if (reason != kPowerCap) harmful.push_back(reason);
    if (std::find(met.begin(), met.end(), reason) == met.end()) met.push_back(reason);
  }
  state_.throttling = std::move(met);
  return harmful;
}

bool Conditions::held() { return look().empty(); }

void Conditions::cool_down() {
  const double hot_c = state_.temperature_c.value_or(0);
  double rested_s = 0;
  for (;;) {
    if (rest_left_s_ <= 0) {
      const std::string heat = hot_c > 0 ? fmt::format(" at {:.0f} degrees Celsius", hot_c) : "";
      throw UnstableError(
          fmt::format("{} was slowed down by its {}{} and did not recover in {:.1f} s of rest: cool it, lower its "
                      "clocks or power limit, or raise the budget",
                      device_.name, fmt::join(state_.throttling, ", "), heat, rested_s));
    }
    device_.clock->sleep(kRestS);
    rest_left_s_ -= kRestS;
    rested_s += kRestS;
    const bool slowed = !look().empty();
    if (!slowed && state_.temperature_c.value_or(0) <= std::max(0.0, hot_c - kCooler)) return;
  }
}

}  // namespace tabjoule
