// Facts about devices that are data, not code: the files of devices/, carried inside the library.
#pragma once

#include <map>
#include <string>

#include "base/json.h"

namespace tabjoule {

/// Name -> text of devices/NAME.json, as they were when the library was built.
[[nodiscard]] const std::map<std::string, std::string>& embedded_devices();

/// The facts about `name`, their format checked. Errors (usage): no such file; (input): a broken one.
[[nodiscard]] Json device_facts(const std::string& name);

/// Watts that a busy core of this machine's processor is taken to spend where no sensor can be read.
[[nodiscard]] double default_core_power_w();

}  // namespace tabjoule
