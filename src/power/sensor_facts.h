// What is published about the power sensors of GPUs: devices/gpu-sensors.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "power/calibrate.h"

namespace tabjoule {

/// Cards whose gain and offset are known, by the name `--card` takes ("rtx-3090").
[[nodiscard]] std::vector<std::string> known_cards();

/// Errors (usage): no such card; the message names the nearest.
[[nodiscard]] GainOffset card_gain(const std::string& card);

}  // namespace tabjoule
