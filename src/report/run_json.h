// run.json as the report reads it: whatever a run left out is left out of the page.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace tabjoule {

/// Reads run.json of a run directory. Errors (input): it is absent, of another version, or has no chosen network.
[[nodiscard]] Json read_run(const std::filesystem::path& folder);

/// A member that is an object or an array; an empty one where it is not there or of another type.
[[nodiscard]] const Json& object(const Json& json, const char* key);
[[nodiscard]] const Json& array(const Json& json, const char* key);
/// Empty where the member is not there or of another type.
[[nodiscard]] std::optional<double> number(const Json& json, const char* key);
[[nodiscard]] std::optional<bool> boolean(const Json& json, const char* key);
[[nodiscard]] std::string text(const Json& json, const char* key);
/// An element as text: a string as it is, anything else as JSON.
[[nodiscard]] std::string as_text(const Json& json);

/// "measured", "estimated" or "simulated".
[[nodiscard]] std::string source_kind(const Json& run);

/// A network of the run and the parts it plays: "chosen", the names of baselines, "front".
struct RunNetwork {
  const Json* point;  ///< into the run
  std::vector<std::string> roles;
};
/// Every network once: the chosen one, the baselines', then the front's.
[[nodiscard]] std::vector<RunNetwork> networks_of(const Json& run);

/// What a prediction takes: by the device's sensor where that was done ("measured", "estimated" or "simulated"), else
/// "predicted". Low and high: its 95 % (found) or 90 % (predicted) interval, where known.
struct PointEnergy {
  double energy_j = 0;
  std::optional<double> low_j, high_j;
  std::string kind;
};
/// Empty where the point has no energy at all.
[[nodiscard]] std::optional<PointEnergy> energy_of(const Json& run, const Json& point);

}  // namespace tabjoule
