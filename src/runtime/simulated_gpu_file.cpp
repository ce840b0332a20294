// Reads the files devices/sim-NAME.json.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "power/device_facts.h"
#include "runtime/simulated_gpu.h"

namespace tabjoule {
namespace {

constexpr const char* kPrefix = "sim-";

/// The members of one object, each checked.
class Members {
 public:
  Members(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_object()) fail_input("\"{}\" must be an object", name);
    json_ = &*found;
    name_ = name;
  }

  [[nodiscard]] double number(const char* member, double low, double high) const {
    const auto found = json_->find(member);
    if (found == json_->end() || !found->is_number()) fail_input("\"{}.{}\" must be a number", name_, member);
    return checked(*found, member, low, high);
  }

  /// By data type; float32 must be there, it stands in for those that are not.
  [[nodiscard]] std::map<DataType, double> by_type(const char* member, double low, double high) const {
    std::map<DataType, double> result;
    const auto found = json_->find(member);
    if (found == json_->end() || !found->is_object()) fail_input("\"{}.{}\" must be an object", name_, member);
    for (const auto& [type, value] : found->items()) result[data_type_from(type)] = checked(value, member, low, high);
    if (!result.contains(DataType::float32)) fail_input("\"{}.{}\" must have \"float32\"", name_, member);
    return result;
  }

 private:
  double checked(const Json& json, const char* member, double low, double high) const {
    const auto value = json.is_number() ? json.get<double>() : std::nan("");
    if (!(value >= low && value <= high))
      fail_input("\"{}.{}\" must be a number in {:g} .. {:g}", name_, member, low, high);
    return value;
  }

  const Json* json_ = nullptr;
  const char* name_ = "";
};

std::string text(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) fail_input("\"{}\" must be a text", name);
  return found->get<std::string>();
}

SimulatedGpu::Execution execution_of(const Json& json) {
  const Members members(json, "execution");
  return {.sms = static_cast<int>(members.number("sms", 1, 1000)),
          .l2_bytes = members.number("l2_bytes", 1, 1e10),
          .run_start_s = members.number("run_start_s", 0, 1),
          .kernel_start_s = members.number("kernel_start_s", 0, 1),
          .fill_k = members.number("fill_k", 0, 1e5),
          .half_tile = members.number("half_tile", 0, 1e6),
          .sharpness = members.number("sharpness", 1, 20),
          .l2_bytes_per_s = members.number("l2_bytes_per_s", 1e6, 1e15),
          .dram_bytes_per_s = members.number("dram_bytes_per_s", 1e6, 1e15),
          .vector_flops_per_s = members.number("vector_flops_per_s", 1e6, 1e18),
          .matrix_flops_per_s = members.by_type("matrix_flops_per_s", 1e6, 1e18),
          .attention_efficiency = members.number("attention_efficiency", 0.01, 1),
          .stream_efficiency = members.number("stream_efficiency", 0.01, 1),
          .jitter = members.number("jitter", 0, 0.2)};
}

SimulatedGpu::Clocks clocks_of(const Json& json) {
  const Members members(json, "clocks");
  return {.highest_hz = members.number("highest_hz", 1e6, 1e11),
          .lowest = members.number("lowest", 0.01, 1),
          .full_load = members.number("full_load", 0.01, 1),
          .memory_s = members.number("memory_s", 1e-3, 10),
          .lowest_voltage = members.number("lowest_voltage", 0.1, 1)};
}

SimulatedGpu::Power power_of(const Json& json) {
  const Members members(json, "power");
  return {.idle_w = members.number("idle_w", 0, 1e4),
          .base_w = members.number("base_w", 0, 1e4),
          .sm_w = members.number("sm_w", 0, 1e4),
          .flop_j = members.by_type("flop_j", 0, 1e-6),
          .l2_byte_j = members.number("l2_byte_j", 0, 1e-6),
          .dram_byte_j = members.number("dram_byte_j", 0, 1e-6)};
}

}  // namespace

std::vector<std::string> simulated_gpu_names() {
  std::vector<std::string> names;
  for (const auto& [file, text] : embedded_devices())
    if (file.starts_with(kPrefix)) names.push_back(file.substr(std::string(kPrefix).size()));
  return names;
}

SimulatedGpu simulated_gpu(const std::string& name) {
  const std::vector<std::string> known = simulated_gpu_names();
  if (std::find(known.begin(), known.end(), name) == known.end())
    fail_usage("device \"sim:{}\" is not known{}; simulated are {}", name, did_you_mean(name, known),
               fmt::join(known, ", "));
  const Json facts = device_facts(kPrefix + name);
  return with_context("devices/" + (kPrefix + name) + ".json", [&] {
    SimulatedGpu gpu;
    gpu.name = name;
    gpu.title = text(facts, "title");
    gpu.rules = load_fusion_rules(text(facts, "rules"));
    gpu.rules.dtype = data_type_from(text(facts, "dtype"));
    gpu.execution = execution_of(facts);
    gpu.clocks = clocks_of(facts);
    gpu.power = power_of(facts);
    if (!facts.contains("sensor")) fail_input("\"sensor\" must be an object");
    gpu.sensor = with_context("sensor", [&] { return simulated_sensor_facts(facts.at("sensor")); });
    return gpu;
  });
}

}  // namespace tabjoule
