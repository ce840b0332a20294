// Kernels: the units a device's runtime executes after fusion and merging. The way in is detect_kernels
// (kernel/detect.h).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace tabjoule {

/// Types and their shape columns are listed in docs/kernel-types.md; `kernel_columns` is the same list.
enum class KernelType {
  linear,
  batch_matmul,
  attention,
  layernorm,
  batchnorm,
  softmax,
  elementwise,
  gather,
  concat,
  reformat,
  transpose,
  reduce,
  conv,
  dwconv,
  pool,
  global_pool,
  session,
  unknown
};

[[nodiscard]] const char* to_string(KernelType type);
[[nodiscard]] KernelType kernel_type_from(const std::string& text);  ///< Errors (input): unknown type.
[[nodiscard]] const std::vector<std::string>& kernel_columns(KernelType type);
/// What a column holds where a file does not say, `before` being the columns in front of it: of a `run` all elements,
/// or 1 of a transpose or reduce; of `kv_heads` the heads. Nothing for columns that must be said.
[[nodiscard]] std::optional<std::int64_t> usual_size(KernelType type, const std::string& column,
                                                     std::span<const std::int64_t> before);

/// What a kernel computes in. Networks are float32 unless a device's runtime is told otherwise.
enum class DataType { float32, float16, bfloat16, int8, int4 };

[[nodiscard]] const char* to_string(DataType type);
[[nodiscard]] DataType data_type_from(const std::string& text);  ///< Errors (input): unknown type.
[[nodiscard]] double bytes_of(DataType type);                    ///< of one element: 4, 2, 2, 1, 0.5

/// A kernel's type and shape: the key of everything measured and predicted. `shape` has the values of
/// kernel_columns(type), in that order. The batch is part of the shape (linear: m = batch rows).
/// `variant` holds what is not a number and changes the code that runs: "relu" or "relu+residual" (what is fused into
/// a linear or conv: the activation in lower case, then the addition of another tensor), "Sigmoid" (op of an
/// elementwise), "causal" (attention), the operator's name of an unknown one.
struct KernelKey {
  KernelType type = KernelType::unknown;
  std::vector<std::int64_t> shape;
  std::string variant;
  DataType dtype = DataType::float32;

  auto operator<=>(const KernelKey&) const = default;
  [[nodiscard]] std::string text()
      const;  ///< "linear m=1 n=64 k=108 relu float16"; float32 and usual sizes are not said
};

/// What has a cost model of its own: a type in a data type.
using TypeKey = std::pair<KernelType, DataType>;
[[nodiscard]] inline TypeKey type_key(const KernelKey& key) { return {key.type, key.dtype}; }
[[nodiscard]] std::string text_of(const TypeKey& type);  ///< "linear", "linear int8"

/// A variant whose kernel also adds another tensor: "relu" -> "relu+residual".
[[nodiscard]] std::string with_residual(const std::string& variant);
[[nodiscard]] std::string without_residual(const std::string& variant);  ///< and back; others stay

struct Kernel {
  KernelKey key;
  std::vector<std::string> nodes;  ///< the operators it executes, by name
  std::string name = {};           ///< as TensorRT names layers: "conv + relu || conv2 + relu2", "conv copy"
};

struct KernelGraph {
  std::vector<Kernel> kernels;  ///< in execution order
  int unknown = 0;              ///< how many are of type unknown
};

/// What the predictor computes from a key, per run of the kernel (all its rows).
struct KernelWork {
  double flops = 0;
  double bytes_read = 0;  ///< activations and parameters, in the key's data type
  double bytes_written = 0;
  double parameters = 0;
};
[[nodiscard]] KernelWork work_of(const KernelKey& key);
[[nodiscard]] double parameter_bytes(const KernelKey& key);  ///< of its weights, in its data type

/// One measured kernel: a row of SAMPLES.csv (docs/samples-format.md). One of time and energy may be unknown.
struct KernelSample {
  KernelKey key;
  double time_s = 0;    ///< 0: not known
  double energy_j = 0;  ///< 0: not known
  double weight = 1;
  std::string source;               ///< where it was measured
  std::string implementation = {};  ///< the library's name of the code that ran, where it is known
};

/// {"kernel": TYPE, the type's columns, "variant", "dtype" where not float32}.
[[nodiscard]] Json to_json(const KernelKey& key);
[[nodiscard]] KernelKey key_from_json(const Json& json);
/// The key's members and "time_s", "energy_j" (those known), "weight", "source", "implementation" (if known).
[[nodiscard]] Json to_json(const KernelSample& sample);
[[nodiscard]] KernelSample sample_from_json(const Json& json);

}  // namespace tabjoule
