// What differs between ONNX Runtime's execution providers: their settings, what TensorRT keeps on disk, and what their
// refusals mean to a user.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/runner.h"

namespace tabjoule {

/// Names and values as ONNX Runtime's documentation of the provider has them.
using ProviderSettings = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] ProviderSettings cuda_settings(const RunnerOptions& options);

/// Makes the folders it names. ONNX Runtime tells cached engines apart by the names in a model, not by its weights, and
/// widens an engine by every batch it meets: each model has a folder of its own, named by `model_hash` (0: no engine is
/// kept). Errors (device): the cache cannot be written.
[[nodiscard]] ProviderSettings tensorrt_settings(const RunnerOptions& options, std::uint64_t model_hash);

/// Both columns, as the C API takes them. `settings` must outlive them.
[[nodiscard]] std::pair<std::vector<const char*>, std::vector<const char*>> as_pointers(
    const ProviderSettings& settings);

/// Removes the engines of the models used longest ago until those left take at most `most_bytes`.
void trim_engine_cache(const std::filesystem::path& cache, std::uintmax_t most_bytes = 1'000'000'000);

/// What is missing for `provider` and what to install, from what ONNX Runtime (of `version`) says when it is asked for.
[[nodiscard]] std::string provider_refusal(Provider provider, const std::string& message, const std::string& version);

/// Whether a message of ONNX Runtime's tells of a GPU or its libraries, not of the model.
[[nodiscard]] bool is_gpu_failure(const std::string& message);

/// Such a message, with what to do about it.
[[nodiscard]] std::string gpu_failure(const std::string& message);

}  // namespace tabjoule
