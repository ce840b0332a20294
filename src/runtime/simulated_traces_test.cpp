// The simulated sensors beside the real ones: an external meter's power, published with what NVML said of it.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "power/trace_energy.h"
#include "runtime/simulated_gpu.h"

namespace tabjoule::simulated_traces_test {
namespace {

/// Columns of a CSV file of numbers; empty where the reference data is not here.
std::map<std::string, std::vector<double>> columns_of(const std::string& file) {
  std::ifstream in(std::string(TABJOULE_SHARED_DIR) + "/energy/gpu_power_traces/" + file);
  std::map<std::string, std::vector<double>> columns;
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) {
    std::istringstream text(line);
    std::size_t i = 0;
    for (std::string cell; std::getline(text, cell, ','); ++i)
      if (columns.size() <= i && names.size() <= i)
        names.push_back(cell);
      else
        columns[names.at(i)].push_back(std::stod(cell));
  }
  return columns;
}

struct Recorded {
  PowerSignal truth{0};
  PowerTrace nvml;
  double from_s = 0, to_s = 0;  ///< where both are known, after the first load began
};

Recorded recorded(const std::string& name, const std::string& column) {
  Recorded result;
  auto meter = columns_of(name + ".pmd.csv");
  if (meter.empty()) return result;
  const auto& meter_ms = meter["t_ms"];
  for (std::size_t i = 0; i < meter_ms.size(); ++i)
    result.truth.set(1e-3 * meter_ms[i], meter["pcie_cable_W"][i] + meter["pcie_slot_W"][i]);
  auto nvml = columns_of(name + ".nvml.csv");
  for (std::size_t i = 0; i < nvml["t_ms"].size(); ++i) {
    const double time_s = 1e-3 * nvml["t_ms"][i];
    if (!result.nvml.time_s.empty() && time_s <= result.nvml.time_s.back()) continue;
    result.nvml.time_s.push_back(time_s);
    result.nvml.power_w.push_back(nvml[column][i]);
  }
  result.from_s = 1;  // the loads begin one second into the recordings
  result.to_s = std::min(1e-3 * meter_ms.back(), result.nvml.time_s.back()) - 0.01;
  return result;
}

/// Energy that the simulated sensor shows of the meter's power, over what the real one showed.
double ratio(const char* gpu, const Recorded& recorded) {
  const SimulatedSensorFacts facts = simulated_gpu(gpu).sensor;
  const PowerTrace simulated = read_trace_of(facts.model, recorded.truth, recorded.nvml.time_s);
  return integrate(simulated, recorded.from_s, recorded.to_s).energy_j /
         integrate(recorded.nvml, recorded.from_s, recorded.to_s).energy_j;
}

TEST(SimulatedTraces, ShowTheEnergyThatTheRealSensorsShowed) {
  const struct {
    const char *gpu, *trace, *column;
  } cases[] = {{"rtx-3090", "step_RTX3090", "power_draw_instant_W"},
               {"rtx-3090", "5050_RTX3090", "power_draw_instant_W"},
               {"a100", "step_A100PCIe", "power_draw_W"}};
  for (const auto& [gpu, trace, column] : cases) {
    const Recorded real = recorded(trace, column);
    if (real.nvml.size() == 0) GTEST_SKIP() << "the published traces are not here";
    const double shown = ratio(gpu, real);
    EXPECT_NEAR(shown, 1, 0.05) << trace;
    RecordProperty(trace, std::to_string(shown));
  }
}

}  // namespace
}  // namespace tabjoule::simulated_traces_test
