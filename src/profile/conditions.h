// The conditions that a device is measured under: its temperature, clocks and what slows it down. A trial in which it
// was slowed down by heat, its hardware or its supply says nothing about the model; a power cap does, it is how the
// device is set.
#pragma once

#include <string>
#include <vector>

#include "profile/device.h"

namespace tabjoule {

class Conditions {
 public:
  /// May rest the device for `most_rest_s` in all. `device` must outlive it.
  Conditions(Device& device, double most_rest_s);

  /// Whether nothing slowed the device down since the last call. Errors (device): it does not answer any more.
  [[nodiscard]] bool held();

  /// Rests until the device is no longer slowed down and, where it tells its temperature, some degrees cooler. Errors
  /// (device, UnstableError): not within the rest allowed; the message says what slows it down.
  void cool_down();

  /// As asked last, with every reason of throttling met on the way.
  [[nodiscard]] DeviceState state() const { return state_; }

 private:
  [[nodiscard]] std::vector<std::string> look();

  Device& device_;
  double rest_left_s_;
  DeviceState state_;
};

}  // namespace tabjoule
