// The sensors of this machine as `devices` and `sensor list` show them.
#pragma once

#include "base/json.h"

namespace tabjoule::cli {

[[nodiscard]] Json sensors_json();
void print_sensors();

}  // namespace tabjoule::cli
