#include "cli/sensor_list.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "power/sensors.h"

namespace tabjoule::cli {

Json sensors_json() {
  Json sensors = Json::array();
  for (const auto& s : sensor_statuses("/sys"))
    sensors.push_back({{"name", s.name}, {"description", s.description}, {"usable", s.usable}, {"detail", s.detail}});
  return sensors;
}

void print_sensors() {
  for (const auto& s : sensor_statuses("/sys"))
    print(fmt::format("{:<10} {:<8} {}\n{:<19} {}", s.name, s.usable ? "usable" : "unusable", s.description, "",
                      s.detail));
}

}  // namespace tabjoule::cli
