#include "runtime/provider.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace tabjoule {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLoadFailed = "Failed to load library ";
constexpr std::string_view kWithError = " with error: ";

fs::path engines_folder(const fs::path& cache) { return cache / "tensorrt-engines"; }

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_device("TensorRT's cache {} cannot be made: {}", folder.string(), error.message());
}

/// What comes after `mark` up to the next of `ends`; empty where there is no `mark`.
std::string_view text_after(std::string_view text, std::string_view mark, std::string_view ends) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + mark.size());
  return text.substr(0, text.find_first_of(ends));
}

std::string file_name(std::string_view path) { return fs::path(path).filename().string(); }

struct Package {
  std::string_view library;  ///< how its name begins
  std::string_view install;
};

/// Who brings the libraries that the GPU providers need. The number of a package is that of its library where it ends
/// in one.
constexpr std::array kPackages{
    Package{"libcublas", "NVIDIA's CUDA libraries (apt: cuda-libraries-12-8; PyPI: nvidia-cublas-cu12)"},
    Package{"libcudart", "NVIDIA's CUDA libraries (apt: cuda-libraries-12-8; PyPI: nvidia-cuda-runtime-cu12)"},
    Package{"libcufft", "NVIDIA's CUDA libraries (apt: cuda-libraries-12-8; PyPI: nvidia-cufft-cu12)"},
    Package{"libcurand", "NVIDIA's CUDA libraries (apt: cuda-libraries-12-8; PyPI: nvidia-curand-cu12)"},
    Package{"libnvrtc", "NVIDIA's CUDA libraries (apt: cuda-libraries-12-8; PyPI: nvidia-cuda-nvrtc-cu12)"},
    Package{"libcudnn", "NVIDIA's cuDNN 9 (apt: libcudnn9-cuda-12; PyPI: nvidia-cudnn-cu12)"},
    Package{"libnvinfer", "NVIDIA's TensorRT 10 (apt: libnvinfer10, libnvonnxparsers10; PyPI: tensorrt-cu12)"},
    Package{"libnvonnxparser", "NVIDIA's TensorRT 10 (apt: libnvinfer10, libnvonnxparsers10; PyPI: tensorrt-cu12)"},
    Package{"libcuda.so", "the NVIDIA driver"},
};

std::string who_brings(std::string_view library) {
  for (const Package& package : kPackages)
    if (library.starts_with(package.library)) return std::string(package.install);
  return fmt::format("the package that holds {}", library);
}

/// "1.24" of "1.24.3": providers of one such version work with each other's library.
std::string minor_version(const std::string& version) { return version.substr(0, version.rfind('.')); }

std::string title(Provider provider) { return provider == Provider::tensorrt ? "TensorRT" : "CUDA"; }

}  // namespace

const char* to_string(Provider provider) {
  switch (provider) {
    case Provider::cpu:
      return "cpu";
    case Provider::cuda:
      return "cuda";
    case Provider::tensorrt:
      return "tensorrt";
  }
  return "?";
}

ProviderSettings cuda_settings(const RunnerOptions& options) { return {{"device_id", std::to_string(options.gpu)}}; }

ProviderSettings tensorrt_settings(const RunnerOptions& options, std::uint64_t model_hash) {
  ProviderSettings settings{{"device_id", std::to_string(options.gpu)},
                            {"trt_fp16_enable", options.float16 ? "1" : "0"}};
  if (options.cache.empty()) return settings;
  const fs::path timings = options.cache / "tensorrt-timings";
  make_folder(timings);
  settings.emplace_back("trt_timing_cache_enable", "1");
  settings.emplace_back("trt_timing_cache_path", timings.string());
  if (model_hash == 0) return settings;
  const fs::path engines = engines_folder(options.cache) / fmt::format("{:016x}", model_hash);
  make_folder(engines);
  std::error_code error;
  fs::last_write_time(engines, fs::file_time_type::clock::now(), error);  // for trim_engine_cache
  settings.emplace_back("trt_engine_cache_enable", "1");
  settings.emplace_back("trt_engine_cache_path", engines.string());
  return settings;
}

std::pair<std::vector<const char*>, std::vector<const char*>> as_pointers(const ProviderSettings& settings) {
  std::pair<std::vector<const char*>, std::vector<const char*>> columns;
  for (const auto& [name, value] : settings) {
    columns.first.push_back(name.c_str());
    columns.second.push_back(value.c_str());
  }
  return columns;
}

void trim_engine_cache(const fs::path& cache, std::uintmax_t most_bytes) try {
  struct Kept {
    fs::file_time_type used;
    std::uintmax_t bytes = 0;
    fs::path folder;
  };
  std::vector<Kept> kept;
  std::uintmax_t total = 0;
  std::error_code error;
  for (const auto& model : fs::directory_iterator(engines_folder(cache), error)) {
    Kept one{model.last_write_time(error), 0, model.path()};
    for (const auto& file : fs::recursive_directory_iterator(model.path(), error))
      if (file.is_regular_file(error)) one.bytes += file.file_size(error);
    total += one.bytes;
    kept.push_back(std::move(one));
  }
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& oldest : kept) {
    if (total <= most_bytes) return;
    fs::remove_all(oldest.folder);
    total -= oldest.bytes;
  }
} catch (const fs::filesystem_error&) {
  // Another process trims at the same time, or the cache is not ours: it stays as large as it is.
}

std::string provider_refusal(Provider provider, const std::string& message, const std::string& version) {
  const std::string name = title(provider);
  const std::string library = fmt::format("libonnxruntime_providers_{}.so", to_string(provider));
  const std::string_view loaded = text_after(message, kLoadFailed, " ");
  const std::string_view missing = text_after(message, kWithError, ":");
  const bool own = file_name(missing).starts_with("libonnxruntime_providers_");
  if (!loaded.empty() && own) {
    const std::string folder = fs::path(loaded).parent_path().string();
    return fmt::format(
        "ONNX Runtime {} is here without its {} provider ({}): install onnxruntime-gpu {} (PyPI; on Jetson NVIDIA's "
        "own) "
        "and put its libonnxruntime_providers_*.so into {}, or use --device cpu",
        version, name, library, minor_version(version), folder.empty() ? "the folder of libonnxruntime.so.1" : folder);
  }
  if (!loaded.empty() && message.find("cannot open shared object file") != std::string::npos)
    return fmt::format("ONNX Runtime's {} provider needs {}, which is not here: install {}", name, missing,
                       who_brings(file_name(missing)));
  if (message.find("not enabled in this build") != std::string::npos)
    return fmt::format(
        "ONNX Runtime {} was built without its {} provider: install onnxruntime-gpu (PyPI, or "
        "onnxruntime-linux-x64-gpu of its releases) in its place, or use --device cpu",
        version, name);
  if (is_gpu_failure(message)) return fmt::format("ONNX Runtime's {} provider: {}", name, gpu_failure(message));
  return fmt::format("ONNX Runtime {} cannot use its {} provider: {}", version, name, message);
}

bool is_gpu_failure(const std::string& message) {
  constexpr std::array kMarks{"CUDA failure",
                              "CUDNN failure",
                              "CUBLAS failure",
                              "CUDA error",
                              "TensorRT EP failed to create engine",
                              "Failed to set CUDA device"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](const char* mark) { return message.find(mark) != std::string::npos; });
}

std::string gpu_failure(const std::string& message) {
  struct Known {
    const char* code;
    const char* advice;
  };
  constexpr std::array kKnown{
      Known{"CUDA failure 100:", "this machine shows no NVIDIA GPU: see what `nvidia-smi` says"},
      Known{"CUDA failure 35:",
            "the NVIDIA driver is absent or older than the CUDA libraries: install or update the driver"},
      Known{"CUDA failure 101:", "there is no GPU of that number: `tabjoule devices` lists those here"},
      Known{"CUDA failure 2:", "the GPU's memory is full: stop other programs or lower --batch"}};
  // From the failure on, without file, line and expression.
  const auto begin = message.find("CUDA failure");
  const std::string failure =
      begin == std::string::npos ? message : message.substr(begin, message.find(" ;", begin) - begin);
  for (const Known& known : kKnown)
    if (failure.starts_with(known.code)) return fmt::format("{} ({})", known.advice, failure);
  return failure + "; see what `nvidia-smi` says";
}

}  // namespace tabjoule
