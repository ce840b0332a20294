#include "power/sensor_facts.h"

#include "base/error.h"
#include "base/text.h"
#include "power/device_facts.h"

namespace tabjoule {
namespace {

Json sensor_facts() {
  const Json facts = Json::parse(embedded_devices().at("gpu-sensors"));
  require_format(facts, "tabjoule-sensor-facts", 1);
  return facts.at("cards");
}

}  // namespace

std::vector<std::string> known_cards() {
  std::vector<std::string> names;
  const Json cards = sensor_facts();
  for (const auto& [name, card] : cards.items()) names.push_back(name);
  return names;
}

GainOffset card_gain(const std::string& card) {
  const Json cards = sensor_facts();
  const auto found = cards.find(card);
  if (found == cards.end())
    fail_usage("the sensor of a card \"{}\" is not known{}; known are: {}", card, did_you_mean(card, known_cards()),
               fmt::join(known_cards(), ", "));
  return {found->at("gain").get<double>(), found->at("offset_w").get<double>(), "card " + card};
}

}  // namespace tabjoule
