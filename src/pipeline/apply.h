// Predictions for new rows from a run directory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/model_files.h"

namespace tabjoule {

struct Predictions {
  ModelDescription model;
  Matrix values;  ///< (N, K) probabilities, or (N, 1) values in the target's own unit
  std::size_t rows = 0;
};

/// Reads `data` with the trained model's columns (the target may be absent), preprocesses it as in training and runs
/// model.onnx. Errors (input): the run directory or the data, named.
[[nodiscard]] Predictions apply_model(const std::filesystem::path& run, const std::string& data, int threads,
                                      const NoticeSink& notice);

/// One row a prediction: the class and a column "probability of CLASS" for each, or the value.
[[nodiscard]] std::string to_csv(const Predictions& predictions);

}  // namespace tabjoule
