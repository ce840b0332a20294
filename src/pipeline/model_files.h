// The files of a trained model in a run directory: model.onnx, pipeline.onnx and model.json, which holds what
// `apply` needs beside the weights (docs/run-directory.md).
#pragma once

#include <filesystem>

#include "graph/pipeline_graph.h"
#include "nn/training.h"
#include "pipeline/prepared_data.h"
#include "pipeline/trained_model.h"
#include "runtime/runner.h"

namespace tabjoule {

/// What apply needs: how raw rows become the network's input, and outputs predictions.
struct ModelDescription {
  Preprocessor preprocessor;
  PredictionHead head;
  std::string target;
};

[[nodiscard]] ModelDescription describe(const PreparedData& data);
[[nodiscard]] Json to_json(const ModelDescription& description);
[[nodiscard]] ModelDescription description_from_json(const Json& json);

/// Writes the three files, then loads both ONNX files in `runner` and compares them with our own forward pass on
/// test rows. Returns the largest absolute difference. Errors (internal): it is over 1e-4 of the outputs' scale.
double export_model(const std::filesystem::path& folder, const TrainedModel& model, const PreparedData& data,
                    Runner& runner, ThreadPool& pool);

/// The pipeline's inputs for some rows of a table.
[[nodiscard]] std::vector<RuntimeTensor> raw_inputs(const Preprocessor& preprocessor, const Table& table,
                                                    std::span<const std::uint32_t> rows);

}  // namespace tabjoule
