// What is published about the power sensors of GPUs: devices/gpu-sensors.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "power/calibrate.h"
#include "power/nvml.h"

namespace tabjoule {

/// Cards whose gain and offset are known, by the name `--card` takes ("rtx-3090").
[[nodiscard]] std::vector<std::string> known_cards();

/// Errors (usage): no such card; the message names the nearest.
[[nodiscard]] GainOffset card_gain(const std::string& card);

/// The card's name of those known, from what the driver calls it: "NVIDIA GeForce RTX 3090" is "rtx-3090". Empty where
/// it is not among them.
[[nodiscard]] std::optional<std::string> card_named(const std::string& driver_name);

/// What a reading of a GPU of this compute capability (8, 6: 86) is made of, with the card's gain and offset where they
/// are known. A mean over the last second where the generation is not.
[[nodiscard]] SensorModel nvml_power_model(const std::string& driver_name, int major, int minor, NvmlField field);

/// Of the energy counter, which misses nothing: gain and offset alone.
[[nodiscard]] SensorModel nvml_energy_model(const std::string& driver_name);

}  // namespace tabjoule
