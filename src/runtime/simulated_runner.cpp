// Models on a simulated GPU: their cost from the kernels they run as, their outputs from the CPU.
#include "base/error.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "runtime/simulation.h"

namespace tabjoule {
namespace {

class SimulatedModel final : public LoadedModel {
 public:
  SimulatedModel(Simulation& simulation, std::string bytes)
      : simulation_(simulation), bytes_(std::move(bytes)), graph_(from_onnx(bytes_, "the model")) {}

  [[nodiscard]] std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>& inputs) override {
    if (!on_cpu_) on_cpu_ = make_cpu_runner({})->load(bytes_);
    return on_cpu_->run(inputs);
  }

  void bind_random(std::int64_t batch, std::uint64_t /*seed*/) override {
    kernels_.clear();
    for (Kernel& kernel : detect_kernels(graph_, batch, simulation_.gpu().rules).kernels) {
      static_cast<void>(kernel_cost(simulation_.gpu(), kernel.key));  // refuses what is unknown
      kernels_.push_back(std::move(kernel.key));
    }
    bound_ = true;
  }

  void run_bound(int times) override {
    if (!bound_) fail_usage("run_bound before bind_random: bind the inputs first");
    simulation_.run(kernels_, times);
  }

  [[nodiscard]] Graph executed_graph() override { return graph_; }

 private:
  Simulation& simulation_;
  std::string bytes_;
  Graph graph_;
  std::vector<KernelKey> kernels_;
  bool bound_ = false;
  std::unique_ptr<LoadedModel> on_cpu_;  // made when outputs are asked for
};

class KernelsModel final : public LoadedModel {
 public:
  KernelsModel(Simulation& simulation, std::vector<KernelKey> kernels)
      : simulation_(simulation), kernels_(std::move(kernels)) {}
  [[nodiscard]] std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>& /*inputs*/) override {
    fail_usage("a model made of kernels has a cost and no outputs");
  }
  void bind_random(std::int64_t /*batch*/, std::uint64_t /*seed*/) override {}
  void run_bound(int times) override { simulation_.run(kernels_, times); }
  [[nodiscard]] Graph executed_graph() override { fail_usage("a model made of kernels has no graph"); }

 private:
  Simulation& simulation_;
  std::vector<KernelKey> kernels_;
};

class SimulatedRunner final : public Runner {
 public:
  explicit SimulatedRunner(Simulation& simulation) : simulation_(simulation) {}
  [[nodiscard]] std::string name() const override { return "simulated-" + simulation_.gpu().rules.name; }
  [[nodiscard]] std::string version() const override { return "1"; }
  [[nodiscard]] std::unique_ptr<LoadedModel> load(const std::string& onnx_bytes) override {
    return std::make_unique<SimulatedModel>(simulation_, onnx_bytes);
  }

 private:
  Simulation& simulation_;
};

}  // namespace

std::unique_ptr<Runner> make_simulated_runner(Simulation& simulation) {
  return std::make_unique<SimulatedRunner>(simulation);
}

std::unique_ptr<LoadedModel> make_simulated_model(Simulation& simulation, std::vector<KernelKey> kernels) {
  return std::make_unique<KernelsModel>(simulation, std::move(kernels));
}

}  // namespace tabjoule
