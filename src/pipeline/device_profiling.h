// `tabjoule profile`: what networks of a space, or models a user names, need from a device, measured and judged.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/energy_model.h"
#include "predict/evaluate.h"
#include "predict/predictor.h"
#include "profile/device.h"
#include "profile/rule_discovery.h"

namespace tabjoule {

struct ProfileRequest {
  std::string device = "auto";
  DeviceOptions device_options;
  std::vector<std::string> spaces;            ///< names or files; empty where models are given, else "mlp"
  std::vector<std::filesystem::path> models;  ///< ONNX files
  std::vector<std::int64_t> batches{1};
  /// Tables that networks of the spaces are for, by their number of columns: narrow, middling and wide ones.
  std::vector<int> inputs{8, 32, 128};
  int outputs = 2;
  double budget_s = 0;           ///< on the device's clock; 0: 50, or 1,500 virtual ones of a simulated device
  std::size_t most_kernels = 0;  ///< 0: as many as the budget allows
  bool resume = false;
  bool rules = true;  ///< confirm or correct the fusion rules of the device's runtime first
  std::filesystem::path out;
  std::uint64_t seed = 0;
};

struct ProfiledDevice {
  DeviceProfile profile;
  int rules_contradicted = 0;    ///< of profile.rule_evidence
  Evaluations held_out;          ///< on kernels the predictor never saw
  PredictorAccuracy fitted;      ///< by cross-validation over those it was fitted on
  double whole_models_mape = 0;  ///< of energy; 0 where none was measured
  std::size_t wanted = 0;        ///< distinct kernels of the spaces and models
  double time_s = 0;             ///< on the device's clock
};

/// Fusion rules first, kernels then, whole models last. Measures into `request.out`, which is stored every
/// second; rules that contradict those of the runtime are stored beside it, as STEM-rules.json. `progress` as
/// profile_kernels. Errors (usage): a batch below 1, the file exists and `resume` is not set, neither space nor model
/// leads to a kernel; (input): the file is of another device; (device): as profile_kernels.
[[nodiscard]] ProfiledDevice profile_device(const ProfileRequest& request, const NoticeSink& notice,
                                            const ProgressSink& progress);

/// Under `rules`: kernels of up to 400 architectures of each space, table width and batch (the smallest and the largest
/// among them), and a few of these networks as whole models; all kernels of the files, and the files themselves.
/// `notice` tells kernels that nobody knows.
[[nodiscard]] ProfilingTargets profiling_targets(const ProfileRequest& request, Device& device,
                                                 const FusionRules& rules, const NoticeSink& notice);

/// The pairs of operators, and the operators with siblings, in what is to be profiled.
[[nodiscard]] RuleQuestions profiling_questions(const ProfileRequest& request);

}  // namespace tabjoule
