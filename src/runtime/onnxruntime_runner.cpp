// ONNX Runtime as a Runner: sequential execution, no spinning threads, nothing printed. What differs between its
// providers stands in runtime/provider.h.
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "graph/one_line.h"
#include "graph/onnx/onnx_file.h"
#include "runtime/ort_tensor.h"
#include "runtime/provider.h"
#include "runtime/runner.h"
#include "runtime/temporary_folder.h"

namespace tabjoule {
namespace {

// ONNX Runtime wants one environment a process. Its log is dropped: what matters comes back in exceptions.
const Ort::Env& environment() {
  static const Ort::Env env(
      ORT_LOGGING_LEVEL_ERROR, "tabjoule",
      [](void*, OrtLoggingLevel, const char*, const char*, const char*, const char*) {}, nullptr);
  return env;
}

/// Runs `body`; what ONNX Runtime throws becomes Error: of the device where a GPU or its libraries failed, else of the
/// input.
template <class Body>
decltype(auto) translated(const char* doing, Body&& body) {
  try {
    return body();
  } catch (const Ort::Exception& refusal) {
    const std::string message = one_line(refusal.what());
    if (is_gpu_failure(message)) fail_device("ONNX Runtime failed {}: {}", doing, gpu_failure(message));
    fail_input("ONNX Runtime refuses {}: {}", doing, message);
  }
}

/// Options of one of the GPU providers, freed at the end.
template <class Options>
using OwnedOptions = std::unique_ptr<Options, void (*)(Options*)>;

void append_cuda(Ort::SessionOptions& session, const ProviderSettings& settings) {
  const OrtApi& api = Ort::GetApi();
  OrtCUDAProviderOptionsV2* made = nullptr;
  Ort::ThrowOnError(api.CreateCUDAProviderOptions(&made));
  const OwnedOptions<OrtCUDAProviderOptionsV2> owned(made, api.ReleaseCUDAProviderOptions);
  const auto [names, values] = as_pointers(settings);
  Ort::ThrowOnError(api.UpdateCUDAProviderOptions(made, names.data(), values.data(), names.size()));
  session.AppendExecutionProvider_CUDA_V2(*made);
}

void append_tensorrt(Ort::SessionOptions& session, const ProviderSettings& settings) {
  const OrtApi& api = Ort::GetApi();
  OrtTensorRTProviderOptionsV2* made = nullptr;
  Ort::ThrowOnError(api.CreateTensorRTProviderOptions(&made));
  const OwnedOptions<OrtTensorRTProviderOptionsV2> owned(made, api.ReleaseTensorRTProviderOptions);
  const auto [names, values] = as_pointers(settings);
  Ort::ThrowOnError(api.UpdateTensorRTProviderOptions(made, names.data(), values.data(), names.size()));
  session.AppendExecutionProvider_TensorRT_V2(*made);
}

/// The provider asked for, CUDA behind TensorRT; the CPU is always last.
void append_providers(Ort::SessionOptions& session, const RunnerOptions& options, std::uint64_t model_hash) {
  if (options.provider == Provider::tensorrt) append_tensorrt(session, tensorrt_settings(options, model_hash));
  if (options.provider != Provider::cpu) append_cuda(session, cuda_settings(options));
}

/// Errors (device): the provider cannot be used on this machine.
void require_provider(const RunnerOptions& options) {
  try {
    static_cast<void>(environment());  // a provider that fails wants to log
    Ort::SessionOptions session;
    append_providers(session, options, 0);
  } catch (const Ort::Exception& refusal) {
    fail_device("{}",
                provider_refusal(options.provider, one_line(refusal.what()), OrtGetApiBase()->GetVersionString()));
  }
}

Ort::SessionOptions session_options(const RunnerOptions& options, std::uint64_t model_hash) {
  Ort::SessionOptions result;
  result.SetExecutionMode(ORT_SEQUENTIAL);
  result.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  result.SetIntraOpNumThreads(options.threads);
  result.SetInterOpNumThreads(1);
  result.SetLogSeverityLevel(ORT_LOGGING_LEVEL_ERROR);
  // A thread that spins while it waits spends energy that no kernel asked for.
  result.AddConfigEntry("session.intra_op.allow_spinning", "0");
  result.AddConfigEntry("session.inter_op.allow_spinning", "0");
  append_providers(result, options, model_hash);
  return result;
}

TensorSpec spec_of(const std::string& name, const Ort::TypeInfo& type) {
  if (type.GetONNXType() != ONNX_TYPE_TENSOR) fail_input("value \"{}\" is not a tensor", one_line(name));
  const auto info = type.GetTensorTypeAndShapeInfo();
  return {name, static_cast<ElementType>(info.GetElementType()), info.GetShape()};
}

std::vector<TensorSpec> inputs_of(const Ort::Session& session) {
  Ort::AllocatorWithDefaultOptions allocator;
  std::vector<TensorSpec> specs;
  for (std::size_t i = 0; i < session.GetInputCount(); ++i) {
    specs.push_back(spec_of(session.GetInputNameAllocated(i, allocator).get(), session.GetInputTypeInfo(i)));
  }
  return specs;
}

std::vector<std::string> outputs_of(const Ort::Session& session) {
  Ort::AllocatorWithDefaultOptions allocator;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
    names.emplace_back(session.GetOutputNameAllocated(i, allocator).get());
  }
  return names;
}

template <class Real>
std::vector<Real> normals(std::size_t count, Rng& rng) {
  std::vector<Real> values(count);
  for (Real& value : values) value = static_cast<Real>(rng.normal());
  return values;
}

RuntimeTensor random_tensor(const TensorSpec& spec, std::int64_t batch, Rng rng) {
  if (spec.type == ElementType::string || spec.type == ElementType::undefined || spec.type == ElementType::bfloat16) {
    fail_input(
        "input \"{}\" is {}; only models whose inputs are numbers (model.onnx, not pipeline.onnx) can be measured",
        one_line(spec.name), describe(spec.type, spec.dims));
  }
  RuntimeTensor tensor{spec.name, spec.dims, {}};
  std::int64_t elements = 1;
  for (std::int64_t& dim : tensor.dims) elements *= dim = dim < 0 ? batch : dim;
  const auto count = static_cast<std::size_t>(elements);
  if (spec.type == ElementType::float32 || spec.type == ElementType::float16)
    tensor.data = normals<float>(count, rng);
  else if (spec.type == ElementType::float64)
    tensor.data = normals<double>(count, rng);
  else
    tensor.data = std::vector<std::int64_t>(count, spec.type == ElementType::boolean ? 1 : 0);
  return tensor;
}

class OnnxRuntimeModel final : public LoadedModel {
 public:
  OnnxRuntimeModel(std::string bytes, const RunnerOptions& options)
      : bytes_(std::move(bytes)),
        options_(options),
        session_(open_session(stable_hash(bytes_))),
        inputs_(inputs_of(session_)),
        outputs_(outputs_of(session_)) {}

  std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>& inputs) override {
    std::vector<RuntimeTensor> outputs;
    const std::vector<Ort::Value> values = evaluate(inputs);
    for (std::size_t i = 0; i < values.size(); ++i) outputs.push_back(runtime_tensor(outputs_[i], values[i]));
    return outputs;
  }

  void bind_random(std::int64_t batch, std::uint64_t seed) override {
    if (batch < 1) fail_usage("batch {}: give a number from 1", batch);
    binding_.reset();
    bound_outputs_.clear();
    if (options_.provider == Provider::tensorrt && has_open_dims()) open_for(batch);
    const Rng rng(seed);
    std::vector<RuntimeTensor> bound;
    for (std::size_t i = 0; i < inputs_.size(); ++i) bound.push_back(random_tensor(inputs_[i], batch, rng.split(i)));
    const std::vector<Ort::Value> outputs = evaluate(bound);  // tells every output's shape
    bound_inputs_ = std::move(bound);
    translated("to bind buffers", [&] {
      binding_.emplace(session_);
      // An input is copied to the device here, once; an output stays there.
      for (std::size_t i = 0; i < inputs_.size(); ++i)
        binding_->BindInput(inputs_[i].name.c_str(), ort_value(bound_inputs_[i], inputs_[i].type));
      const Ort::MemoryInfo memory = device_memory();
      if (!allocator_) allocator_.emplace(session_, memory);
      for (std::size_t i = 0; i < outputs_.size(); ++i) {
        bound_outputs_.push_back(buffer_like(outputs[i]));
        binding_->BindOutput(outputs_[i].c_str(), bound_outputs_.back());
      }
    });
  }

  void run_bound(int times) override {
    if (!binding_) fail_usage("run_bound before bind_random: bind the inputs first");
    translated("to run the model", [&] {
      for (int i = 0; i < times; ++i) session_.Run(run_options_, *binding_);
    });
  }

  // A second session with the same options writes what its optimiser made of the model; TensorRT's part of it has no
  // ONNX form.
  Graph executed_graph() override {
    if (options_.provider == Provider::tensorrt) return from_onnx(bytes_, "the model");
    const TemporaryFolder folder;
    const auto path = folder.path() / "executed.onnx";
    translated("to tell the graph it executes", [&] {
      Ort::SessionOptions options = session_options(options_, 0);
      options.SetOptimizedModelFilePath(path.c_str());
      const Ort::Session session(environment(), bytes_.data(), bytes_.size(), options);
    });
    if (!std::filesystem::exists(path)) fail_device("ONNX Runtime does not tell the graph it executes");
    return read_onnx(path);
  }

 private:
  [[nodiscard]] Ort::Session open_session(std::uint64_t model_hash) const {
    return {environment(), bytes_.data(), bytes_.size(), session_options(options_, model_hash)};
  }

  [[nodiscard]] bool has_open_dims() const {
    return std::any_of(inputs_.begin(), inputs_.end(), [](const TensorSpec& spec) {
      return std::any_of(spec.dims.begin(), spec.dims.end(), [](std::int64_t dim) { return dim < 0; });
    });
  }

  /// An engine for this batch alone: one that has met another batch before is built for both and runs otherwise.
  void open_for(std::int64_t batch) {
    allocator_.reset();
    session_ = translated("the model", [&] { return open_session(stable_hash(bytes_ + std::to_string(batch))); });
  }

  [[nodiscard]] Ort::MemoryInfo device_memory() const {
    if (options_.provider == Provider::cpu) return Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
    return {"Cuda", OrtDeviceAllocator, options_.gpu, OrtMemTypeDefault};
  }

  [[nodiscard]] Ort::Value buffer_like(const Ort::Value& value) const {
    const auto info = value.GetTensorTypeAndShapeInfo();
    const std::vector<std::int64_t> dims = info.GetShape();
    return Ort::Value::CreateTensor(*allocator_, dims.data(), dims.size(), info.GetElementType());
  }

  const RuntimeTensor& find(const std::vector<RuntimeTensor>& tensors, const std::string& name) const {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const RuntimeTensor& tensor) { return tensor.name == name; });
    if (found == tensors.end()) fail_input("input \"{}\" is absent; the model needs it", one_line(name));
    return *found;
  }

  void require_known_names(const std::vector<RuntimeTensor>& tensors) const {
    for (const RuntimeTensor& tensor : tensors) {
      const auto same_name = [&](const TensorSpec& spec) { return spec.name == tensor.name; };
      if (std::none_of(inputs_.begin(), inputs_.end(), same_name)) {
        fail_input("input \"{}\": the model has none of that name", one_line(tensor.name));
      }
    }
  }

  std::vector<Ort::Value> evaluate(const std::vector<RuntimeTensor>& tensors) {
    require_known_names(tensors);
    std::vector<const char*> input_names, output_names;
    std::vector<Ort::Value> values;
    for (const TensorSpec& spec : inputs_) {
      const RuntimeTensor& tensor = find(tensors, spec.name);
      require_matches(tensor, spec);
      input_names.push_back(spec.name.c_str());
      values.push_back(ort_value(tensor, spec.type));
    }
    for (const std::string& name : outputs_) output_names.push_back(name.c_str());
    return translated("to run the model", [&] {
      return session_.Run(run_options_, input_names.data(), values.data(), values.size(), output_names.data(),
                          output_names.size());
    });
  }

  std::string bytes_;  // executed_graph loads them once more
  RunnerOptions options_;
  Ort::Session session_;
  std::vector<TensorSpec> inputs_;
  std::vector<std::string> outputs_;
  Ort::RunOptions run_options_;
  std::vector<RuntimeTensor> bound_inputs_;  // the memory that binding_ reads
  std::optional<Ort::Allocator> allocator_;  // of the device's memory; made once, outlives its buffers
  std::vector<Ort::Value> bound_outputs_;    // the memory that binding_ writes
  std::optional<Ort::IoBinding> binding_;
};

class OnnxRuntimeRunner final : public Runner {
 public:
  explicit OnnxRuntimeRunner(RunnerOptions options) : options_(std::move(options)) {}
  std::string name() const override { return std::string("onnxruntime-") + to_string(options_.provider); }
  std::string version() const override { return OrtGetApiBase()->GetVersionString(); }
  bool tells_kernels() const override { return options_.provider != Provider::tensorrt; }
  std::unique_ptr<LoadedModel> load(const std::string& onnx_bytes) override {
    return translated("the model", [&] { return std::make_unique<OnnxRuntimeModel>(onnx_bytes, options_); });
  }

 private:
  RunnerOptions options_;
};

}  // namespace

std::unique_ptr<Runner> make_onnxruntime_runner(const RunnerOptions& options) {
  if (options.threads < 1) fail_usage("threads {}: give a number from 1", options.threads);
  if (options.gpu < 0) fail_usage("GPU {}: give a number from 0", options.gpu);
  if (options.provider != Provider::cpu) require_provider(options);
  if (options.provider == Provider::tensorrt && !options.cache.empty()) trim_engine_cache(options.cache);
  return std::make_unique<OnnxRuntimeRunner>(options);
}

}  // namespace tabjoule
