#include "power/device_facts.h"

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {

Json device_facts(const std::string& name) {
  const auto& devices = embedded_devices();
  const auto found = devices.find(name);
  if (found == devices.end()) {
    std::vector<std::string> names;
    for (const auto& [known, text] : devices)
      if (known != "gpu-sensors") names.push_back(known);  // facts about sensors: power/sensor_facts.h
    fail_usage("no facts about a device \"{}\" are known{}; known are: {}", name, did_you_mean(name, names),
               fmt::join(names, ", "));
  }
  return with_context("devices/" + name + ".json", [&] {
    Json facts = Json::parse(found->second, nullptr, false);
    if (facts.is_discarded()) fail_input("not valid JSON; correct the file and build again");
    require_format(facts, "tabjoule-device", 1);
    return facts;
  });
}

double default_core_power_w() {
  const Json facts = device_facts("cpu");
  const auto power = facts.find("core_power_w");
  if (power == facts.end() || !power->is_number() || !(power->get<double>() > 0))
    fail_input("devices/cpu.json: \"core_power_w\" must be a positive number of watts");
  return power->get<double>();
}

}  // namespace tabjoule
