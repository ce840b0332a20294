// TensorRT engines as trtexec describes them (--profilingVerbosity=detailed --exportLayerInfo=FILE
// --exportProfile=FILE), mapped to the operators of the graph they were built from.
#pragma once

#include <filesystem>

#include "graph/graph.h"
#include "kernel/kernel.h"

namespace tabjoule {

enum class EngineLayerKind {
  fused,    ///< "a + b || c", "PWN(a, b)", one operator
  region,   ///< "{ForeignNode[a...b]}": everything between, compiled as one
  copy,     ///< "a copy": a concat's share
  reformat  ///< "Reformatting CopyNode for ...": a real kernel that no operator asks for
};

struct EngineLayer {
  std::string name;
  std::string type;  ///< TensorRT's LayerType; "" where the file has names only
  EngineLayerKind kind = EngineLayerKind::fused;
  std::vector<std::string> members;  ///< names in the layer's name; a region's two ends
  double time_s = 0;                 ///< mean of the profile; 0 where none was read
};

/// What a layer's name says.
[[nodiscard]] EngineLayer engine_layer_from(const std::string& name);

/// In the engine's order. Errors (input): not such a file; it is named.
[[nodiscard]] std::vector<EngineLayer> read_layer_info(const std::filesystem::path& path);
[[nodiscard]] std::vector<EngineLayer> layers_from_json(const Json& json);

/// Adds the times of a profile. Errors (input): not such a file, a time that is not a number from 0, no layer of
/// these names in it.
void add_layer_times(std::vector<EngineLayer>& layers, const std::filesystem::path& profile);
void add_layer_times(std::vector<EngineLayer>& layers, const Json& profile);

/// Where an engine and a rule set disagree.
struct LayerComparison {
  int layers = 0;
  int equal = 0;                         ///< layers that run exactly the operators of one kernel
  int reformats = 0;                     ///< copies between data layouts, which no rule set has
  double time_s = 0;                     ///< of all layers
  std::vector<std::string> differences;  ///< one line each
};

/// `kernels` as a rule set found them in `graph`.
[[nodiscard]] LayerComparison compare_layers(const std::vector<EngineLayer>& layers, const KernelGraph& kernels,
                                             const Graph& graph);
[[nodiscard]] Json to_json(const LayerComparison& comparison);

}  // namespace tabjoule
