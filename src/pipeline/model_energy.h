// Energy of any ONNX file on a device: predicted kernel by kernel, or measured.
#pragma once

#include <filesystem>

#include "pipeline/energy_model.h"

namespace tabjoule {

struct ModelEnergyRequest {
  std::filesystem::path model;
  std::string device = "auto";
  DeviceOptions device_options;
  std::int64_t batch = 1;
  double profile_budget_s = 40;
  std::filesystem::path profile_folder;
  std::uint64_t seed = 0;
  int threads = 1;  ///< of the predictor's fit
};

struct PredictedModel {
  std::string device;
  std::string sensor;
  EnergySource source = EnergySource::estimated;
  ModelPrediction prediction;
  PredictorAccuracy accuracy;
};

/// Takes the graph that the device's runtime reports, measures the kernels its profile does not cover, and sums.
[[nodiscard]] PredictedModel predict_model(const ModelEnergyRequest& request, const NoticeSink& notice,
                                           const ProgressSink& progress);

[[nodiscard]] Measurement measure_model(const ModelEnergyRequest& request, const MeasureOptions& options);

}  // namespace tabjoule
