// Runs models on a device. One interface for ONNX Runtime's providers, simulated devices and fakes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "graph/graph.h"

namespace tabjoule {

/// A tensor as a runtime takes and gives it, row-major.
struct RuntimeTensor {
  std::string name;
  std::vector<std::int64_t> dims;
  std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>> data;
};

/// A loaded model. Not thread-safe.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;

  /// Inputs by name, in any order. Errors (input): an input is absent or of the wrong type or shape.
  [[nodiscard]] virtual std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>& inputs) = 0;

  /// Fixes the inputs of run_bound: inputs of real numbers are filled with seeded standard normals, of integers with 0
  /// (a row that every embedding has), booleans are true; dimensions that are not known become `batch` (a model's fixed
  /// batch stays); outputs get buffers of their own. Errors (input): an input of texts.
  virtual void bind_random(std::int64_t batch, std::uint64_t seed) = 0;

  /// Runs `times` times on the bound buffers, which lie on the device, each run to its end: what is measured. Errors
  /// (usage): bind_random was not called.
  virtual void run_bound(int times) = 0;

  /// The graph the runtime really executes, after its own optimisation; the model's own where the runtime does not tell
  /// (TensorRT, simulated GPUs): there the device's fusion rules say what becomes of it.
  [[nodiscard]] virtual Graph executed_graph() = 0;
};

class Runner {
 public:
  virtual ~Runner() = default;
  [[nodiscard]] virtual std::string name() const = 0;     ///< "onnxruntime-cpu"
  [[nodiscard]] virtual std::string version() const = 0;  ///< "1.24.3"
  /// Whether executed_graph() is what becomes of a model, fused operators and all.
  [[nodiscard]] virtual bool tells_kernels() const { return false; }
  /// Errors (input): the runtime refuses the model (its message is passed on).
  [[nodiscard]] virtual std::unique_ptr<LoadedModel> load(const std::string& onnx_bytes) = 0;
};

/// ONNX Runtime's execution providers.
enum class Provider { cpu, cuda, tensorrt };

[[nodiscard]] const char* to_string(Provider provider);  ///< "cpu", "cuda", "tensorrt"

struct RunnerOptions {
  Provider provider = Provider::cpu;
  int threads = 1;      ///< intra-op, on the CPU; 1 spends the fewest joules on networks of tabular size
  int gpu = 0;          ///< CUDA's number of the GPU
  bool float16 = true;  ///< TensorRT may compute float32 models in float16, as it is deployed
  /// Where TensorRT keeps engines and timings, since building an engine takes seconds to minutes; empty: nowhere.
  std::filesystem::path cache = {};
};

/// ONNX Runtime. On a GPU, operators that its provider lacks run on CUDA or, last, on the CPU. Errors (usage): a number
/// out of range; (device): the provider or what it needs is not installed, or there is no such GPU; the message names
/// what to install.
[[nodiscard]] std::unique_ptr<Runner> make_onnxruntime_runner(const RunnerOptions& options);

struct CpuRunnerOptions {
  int threads = 1;
};

/// ONNX Runtime's CPU provider.
[[nodiscard]] inline std::unique_ptr<Runner> make_cpu_runner(const CpuRunnerOptions& options) {
  return make_onnxruntime_runner({.threads = options.threads});
}

}  // namespace tabjoule
