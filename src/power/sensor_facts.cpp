#include "power/sensor_facts.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "power/device_facts.h"

namespace tabjoule {
namespace {

Json sensor_facts() {
  Json facts = Json::parse(embedded_devices().at("gpu-sensors"));
  require_format(facts, "tabjoule-sensor-facts", 1);
  return facts;
}

SensorModel with_card_gain(SensorModel model, const std::string& driver_name) {
  const auto card = card_named(driver_name);
  if (!card) return model;
  const GainOffset known = card_gain(*card);
  model.gain = known.gain;
  model.offset_w = known.offset_w;
  return model;
}

}  // namespace

std::vector<std::string> known_cards() {
  std::vector<std::string> names;
  const Json cards = sensor_facts().at("cards");
  for (const auto& [name, card] : cards.items()) names.push_back(name);
  return names;
}

GainOffset card_gain(const std::string& card) {
  const Json cards = sensor_facts().at("cards");
  const auto found = cards.find(card);
  if (found == cards.end())
    fail_usage("the sensor of a card \"{}\" is not known{}; known are: {}", card, did_you_mean(card, known_cards()),
               fmt::join(known_cards(), ", "));
  return {found->at("gain").get<double>(), found->at("offset_w").get<double>(), "card " + card};
}

std::optional<std::string> card_named(const std::string& driver_name) {
  std::string name;
  for (const char c : lower(driver_name)) {
    if (c == '(' || c == ')') continue;
    name += c == ' ' ? '-' : c;
  }
  for (const std::string prefix : {"nvidia-", "geforce-", "tesla-"})
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  const std::vector<std::string> known = known_cards();
  if (std::find(known.begin(), known.end(), name) == known.end()) return {};
  return name;
}

SensorModel nvml_power_model(const std::string& driver_name, int major, int minor, NvmlField field) {
  const char* window = field == NvmlField::usage     ? "usage_window_s"
                       : field == NvmlField::average ? "average_window_s"
                                                     : "instant_window_s";
  constexpr int kNewestKnown = 90;
  SensorModel model{.kind = SensorKind::boxcar, .update_period_s = 0.1, .window_s = 1};
  const int capability = 10 * major + minor;
  const Json generations = sensor_facts().at("generations");
  for (const Json& generation : generations) {
    if (capability > kNewestKnown || capability < generation.at("capability").get<int>()) continue;
    model.update_period_s = generation.at("update_period_s").get<double>();
    model.window_s = generation.at(window).get<double>();
    break;
  }
  if (model.window_s < model.update_period_s) model.kind = SensorKind::part_time;
  return with_card_gain(model, driver_name);
}

SensorModel nvml_energy_model(const std::string& driver_name) { return with_card_gain({}, driver_name); }

}  // namespace tabjoule
