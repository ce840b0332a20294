// How wrong the energy predictor is on measured kernels of real devices, beside simpler predictors: half of the rows
// train, the other half test, after a seeded shuffle. bench/README.md says how to read it.
//   bench_predictor [FOLDER of the measured data, ../shared/energy] [SEEDS, 5] [DATA SET] [SHARE that trains, .5]
//   bench_predictor PROFILE.json [SEEDS, 5]     of a profile of one's own, type by type, from few samples to half
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "predict/accuracy.h"
#include "predict/adapt.h"
#include "predict/boosted_trees.h"
#include "predict/cost_model.h"
#include "predict/evaluate.h"
#include "predict/tiled_product.h"
#include "profile/profile.h"
#include "table/table.h"

namespace tabjoule {
namespace {

using Samples = std::vector<KernelSample>;

/// A measured table whose columns are taken by name.
class Measured {
 public:
  explicit Measured(const std::string& path) {
    ReadOptions options;
    for (const char* name : {"M", "N", "K", "m", "n", "k", "precision", "is_causal", "energy_mJ", "best_operation",
                             "min_runtime_ms", "head_dim", "num_heads_q", "HW", "STRIDES", "latency_ms", "power_w"})
      options.keep.emplace_back(name);
    table_ = read_table(path, options, [](const std::string&) {});
  }
  [[nodiscard]] std::size_t rows() const { return table_.rows; }
  [[nodiscard]] double number(const char* name, std::size_t row) const { return column(name).numbers.at(row); }
  [[nodiscard]] std::int64_t whole(const char* name, std::size_t row) const {
    return static_cast<std::int64_t>(number(name, row));
  }
  [[nodiscard]] std::string text(const char* name, std::size_t row) const {
    return column(name).levels.at(static_cast<std::size_t>(column(name).codes.at(row)));
  }

 private:
  [[nodiscard]] const Column& column(const char* name) const {
    const Column* found = table_.find(name);
    if (found == nullptr) fail_input("{}: no column \"{}\"", table_.source, name);
    return *found;
  }
  Table table_;
};

KernelSample measured(KernelKey key, double time_s, double energy_j) {
  return {std::move(key), time_s, energy_j, 1, "measured"};
}

/// `named`: with the names of the kernels that ran.
Samples orin_gemm(const std::string& folder, const std::string& precision, DataType dtype, bool named) {
  const Measured table(folder + "/agx_orin/orin_gemm.csv");
  Samples samples;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (table.text("precision", i) == precision) {
      samples.push_back(
          measured({KernelType::linear, {table.whole("M", i), table.whole("N", i), table.whole("K", i)}, "", dtype},
                   1e-3 * table.number("min_runtime_ms", i), 1e-3 * table.number("energy_mJ", i)));
      if (named) samples.back().implementation = table.text("best_operation", i);
    }
  return samples;
}

Samples orin_attention(const std::string& folder) {
  const Measured table(folder + "/agx_orin/orin_flash_attention.csv");
  Samples samples;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const bool causal = table.number("is_causal", i) != 0;
    samples.push_back(
        measured({KernelType::attention,
                  {1, table.whole("num_heads_q", i), table.whole("seq_len_q", i), table.whole("seq_len_kv", i),
                   table.whole("head_dim", i), table.whole("num_heads_kv", i)},
                  causal ? "causal" : "",
                  DataType::float16},
                 1e-3 * table.number("min_runtime_ms", i), 1e-3 * table.number("energy_mJ", i)));
  }
  return samples;
}

Samples orin_layernorm(const std::string& folder) {
  const Measured table(folder + "/agx_orin/orin_layernorm.csv");
  Samples samples;
  for (std::size_t i = 0; i < table.rows(); ++i)
    samples.push_back(
        measured({KernelType::layernorm, {table.whole("M", i), table.whole("N", i)}, "", DataType::float16},
                 1e-3 * table.number("min_runtime_ms", i), 1e-3 * table.number("energy_mJ", i)));
  return samples;
}

Samples phone_conv(const std::string& folder) {
  const Measured table(folder + "/phone_cpu_conv/conv_bn_relu.csv");
  Samples samples;
  for (std::size_t i = 0; i < table.rows(); ++i)
    samples.push_back(measured({KernelType::conv,
                                {1, table.whole("CIN", i), table.whole("COUT", i), table.whole("HW", i),
                                 table.whole("HW", i), table.whole("KERNEL_SIZE", i), table.whole("STRIDES", i), 1},
                                "relu",
                                DataType::float32},
                               0, 1e-3 * table.number("energy_mJ", i)));
  return samples;
}

/// `least_ms`: shorter rows are left out; their power was sampled too seldom to give an energy.
Samples h200_gemm(const std::string& folder, double least_ms, bool energies) {
  const Measured table(folder + "/h200_gemm/gemm_bf16.csv");
  Samples samples;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double time_s = 1e-3 * table.number("latency_ms", i);
    if (1e3 * time_s < least_ms) continue;
    samples.push_back(measured(
        {KernelType::linear, {table.whole("m", i), table.whole("n", i), table.whole("k", i)}, "", DataType::bfloat16},
        time_s, energies ? time_s * table.number("power_w", i) : 0));
  }
  return samples;
}

double cost_of(const KernelSample& sample) { return sample.energy_j > 0 ? sample.energy_j : sample.time_s; }

double mape(const Samples& test, const std::function<double(const KernelKey&)>& predicted) {
  double sum = 0;
  for (const KernelSample& sample : test) sum += std::abs(predicted(sample.key) / cost_of(sample) - 1);
  return sum / static_cast<double>(test.size());
}

double boosting_mape(const Samples& training, const Samples& test) {
  std::vector<float> features, target;
  const auto row = [](const KernelKey& key) {
    std::vector<float> logs;
    for (const std::int64_t size : key.shape) logs.push_back(std::log2(static_cast<float>(size)));
    logs.push_back(static_cast<float>(std::log2(1 + work_of(key).flops)));
    logs.push_back(key.variant.empty() ? 0.0F : 1.0F);
    return logs;
  };
  for (const KernelSample& sample : training) {
    const auto logs = row(sample.key);
    features.insert(features.end(), logs.begin(), logs.end());
    target.push_back(static_cast<float>(std::log(cost_of(sample))));
  }
  float mean = 0;
  for (const float value : target) mean += value / static_cast<float>(target.size());
  for (float& value : target) value -= mean;
  const std::vector<float> weight(target.size(), 1.0F);
  const BoostingOptions options{.rounds = 600, .depth = 4, .rate = 0.05, .ridge = 1, .min_leaf_weight = 1};
  const BoostedTrees trees = BoostedTrees::fit(features, target, weight, options);
  return mape(test,
              [&](const KernelKey& key) { return std::exp(trees.predict(row(key)) + static_cast<double>(mean)); });
}

double terms_mape(const Samples& training, const Samples& test, int processors) {
  CostRows rows;
  for (const KernelSample& sample : training) {
    rows.keys.push_back(sample.key);
    rows.target.push_back(cost_of(sample));
    rows.weight.push_back(1);
  }
  const Terms terms(rows.keys.front().type, rows.keys, processors);
  const CostModel model = CostModel::fit(terms, rows, nullptr, nullptr);
  return mape(test, [&](const KernelKey& key) { return model.roofline(terms, key); });
}

struct Row {
  const char* name;
  std::function<Samples(const std::string&)> read;
  std::size_t training;  ///< rows; 0: a share of them
  double target;
  std::optional<int> processors;  ///< of the device, from its data sheet
};

void report(const Row& row, const std::string& folder, int seeds, double share = .5) {
  const Samples all = row.read(folder);
  double constant = 0, flops = 0, boosting = 0, terms = 0, ours = 0, inside = 0, seconds = 0;
  std::size_t trained = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    Samples shuffled = all;
    Rng(static_cast<std::uint64_t>(seed)).shuffle(std::span(shuffled));
    trained = row.training > 0 ? row.training : static_cast<std::size_t>(share * static_cast<double>(all.size()));
    const Samples training(shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(trained));
    const Samples test(shuffled.begin() + static_cast<std::ptrdiff_t>(trained), shuffled.end());
    DeviceProfile profile;
    profile.samples = training;
    profile.processors = row.processors;
    const auto start = std::chrono::steady_clock::now();
    const Predictor predictor = Predictor::fit(profile, available_threads());
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const Evaluations result = evaluate(predictor, training, test);
    const Errors& errors = result.energy.all.rows > 0 ? result.energy.all : result.time.all;
    constant += errors.constant_mape;
    flops += errors.flops_mape;
    ours += errors.mape;
    inside += errors.coverage_90;
    boosting += boosting_mape(training, test);
    terms += terms_mape(training, test, row.processors.value_or(0));
  }
  const double to_percent = 100.0 / seeds;
  fmt::print("{:<22} {:>6} {:>8} {:>9.1f} {:>9.1f} {:>9.2f} {:>9.2f} {:>9.2f} {:>7.1f} {:>9.1f} {:>7.1f}\n", row.name,
             all.size(), trained, to_percent * constant, to_percent * flops, to_percent * boosting, to_percent * terms,
             to_percent * ours, row.target, to_percent * inside, seconds / seeds);
  std::fflush(stdout);
}

/// The profile's whole models from some of its kernels: their sums, not corrected, so that no model was seen. Intervals
/// of sums hold only what the predictor is unsure of, not what kernels cost each other, and are not shown.
void report_models(const DeviceProfile& profile, int seeds) {
  if (profile.models.empty()) return;
  fmt::print("\nsums of the {} whole models\n{:>8} {:>9}  MAPE by name\n", profile.models.size(), "training", "MAPE");
  DeviceProfile part = profile;
  part.models.clear();
  for (const std::size_t training :
       {std::size_t{80}, std::size_t{160}, std::size_t{320}, std::size_t{640}, profile.samples.size()}) {
    if (training > profile.samples.size()) continue;
    std::map<std::string, std::pair<double, int>> errors;  // by the first word of the name: summed, how many
    for (int seed = 0; seed < seeds; ++seed) {
      Samples shuffled = profile.samples;
      Rng(static_cast<std::uint64_t>(seed)).shuffle(std::span(shuffled));
      std::stable_partition(shuffled.begin(), shuffled.end(),
                            [](const KernelSample& sample) { return sample.key.type == KernelType::session; });
      part.samples.assign(shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(training));
      const Predictor predictor = Predictor::fit(part, available_threads());
      for (const ModelSample& model : profile.models) {
        KernelGraph graph;
        for (const KernelKey& key : model.kernels) graph.kernels.push_back({key, {}});
        const ModelPrediction sum = predictor.predict(graph);
        if (sum.unknown > 0) continue;
        auto& [error, count] = errors[model.name.substr(0, model.name.find(' '))];
        error += std::abs(sum.energy_per_batch_j / model.energy_j - 1);
        ++count;
      }
    }
    double all = 0;
    int count = 0;
    std::string by_name;
    for (const auto& [name, sum] : errors) {
      all += sum.first;
      count += sum.second;
      by_name += fmt::format("  {} {:.2f} ({})", name, 100 * sum.first / sum.second, sum.second / seeds);
    }
    if (count > 0) fmt::print("{:>8} {:>9.2f}{}\n", training, 100 * all / count, by_name);
    std::fflush(stdout);
  }
}

/// Each kernel type of a profile of at least 100 samples, from ever more of them. Times, where there are.
void report_profile(const std::string& path, int seeds) {
  const DeviceProfile profile = read_profile(path);
  std::map<KernelType, Samples> by_type;
  for (const KernelSample& sample : profile.samples) {
    Samples& samples = by_type[sample.key.type];
    samples.push_back(sample);
    if (sample.time_s > 0) samples.back().energy_j = 0;
  }
  for (const auto& [type, samples] : by_type) {
    if (samples.size() < 100) continue;
    for (const std::size_t training :
         {std::size_t{20}, std::size_t{40}, std::size_t{80}, std::size_t{160}, std::size_t{320}, samples.size() / 2})
      if (training <= samples.size() / 2)
        report({to_string(type), [&](const std::string&) { return samples; }, training, 0, profile.processors}, path,
               seeds);
  }
  report_models(profile, seeds);
}

constexpr int kOrinProcessors = 16;
constexpr int kH200Processors = 132;

/// H200 to AGX Orin, fp16 GEMM, from `k` samples: a constant ratio, no source, adapted.
void report_adaptation(const std::string& folder, int seeds) {
  const Samples source_rows = h200_gemm(folder, 0.1, true);
  const Samples target = orin_gemm(folder, "fp16", DataType::float16, false);
  DeviceProfile source;
  source.device = "h200";
  source.processors = kH200Processors;
  Samples shuffled_source = source_rows;
  Rng(0).shuffle(std::span(shuffled_source));
  source.samples.assign(shuffled_source.begin(), shuffled_source.begin() + 600);
  const Predictor source_predictor = Predictor::fit(source);
  const auto source_j = [&](KernelKey key) {
    key.dtype = DataType::bfloat16;
    return source_predictor.predict(key).energy_j;
  };
  fmt::print("\nH200 to AGX Orin fp16 GEMM, energy, MAPE of the rows not among the k samples\n");
  fmt::print("{:>4} {:>15} {:>10} {:>9}\n", "k", "constant ratio", "no source", "adapted");
  for (const std::ptrdiff_t k : {5, 10, 20, 50}) {
    double ratio = 0, alone = 0, adapted = 0;
    for (int seed = 0; seed < seeds; ++seed) {
      Samples shuffled = target;
      Rng(static_cast<std::uint64_t>(seed)).shuffle(std::span(shuffled));
      Samples training(shuffled.begin(), shuffled.begin() + k);
      for (KernelSample& sample : training) sample.time_s = 0;
      const Samples test(shuffled.begin() + k, shuffled.end());
      std::vector<double> values, costs;
      for (const KernelSample& sample : training) {
        values.push_back(source_j(sample.key));
        costs.push_back(sample.energy_j);
      }
      const double factor = best_factor(values, costs);
      ratio += mape(test, [&](const KernelKey& key) { return factor * source_j(key); });
      DeviceProfile own;
      own.samples = training;
      own.processors = kOrinProcessors;
      const Predictor lone = Predictor::fit(own);
      alone += mape(test, [&](const KernelKey& key) { return lone.predict(key).energy_j; });
      AdaptOptions options;
      options.processors = own.processors;
      const Predictor carried = Predictor::fit(adapt(source, training, options));
      adapted += mape(test, [&](const KernelKey& key) { return carried.predict(key).energy_j; });
    }
    fmt::print("{:>4} {:>15.2f} {:>10.2f} {:>9.2f}\n", k, 100 * ratio / seeds, 100 * alone / seeds,
               100 * adapted / seeds);
    std::fflush(stdout);
  }
}

/// The machine's model by itself, without learners: errors of the rows that it was not fitted to.
void report_machine(const std::string& folder, int seeds) {
  fmt::print(
      "\nThe machine's model alone, AGX Orin GEMM, MAPE of the other rows: energy and time, from both; energy, from "
      "energies\n");
  fmt::print("{:>9} {:>9} {:>8} {:>7} {:>14}\n", "precision", "training", "energy", "time", "energies alone");
  for (const auto& [precision, dtype] : {std::pair("fp16", DataType::float16), {"int8", DataType::int8}}) {
    std::vector<TiledProduct::Sample> all;
    for (const KernelSample& sample : orin_gemm(folder, precision, dtype, false))
      all.push_back({*product_shape(sample.key), {sample.time_s, sample.energy_j}, 1});
    for (const std::size_t trained :
         {std::size_t{5}, std::size_t{10}, std::size_t{20}, std::size_t{40}, all.size() / 2}) {
      double energy = 0, time = 0, alone = 0;
      for (int seed = 0; seed < seeds; ++seed) {
        std::vector<TiledProduct::Sample> shuffled = all;
        Rng(static_cast<std::uint64_t>(seed)).shuffle(std::span(shuffled));
        const std::span<const TiledProduct::Sample> test = std::span(shuffled).subspan(trained);
        std::vector<TiledProduct::Sample> training(shuffled.begin(),
                                                   shuffled.begin() + static_cast<std::ptrdiff_t>(trained));
        const auto error = [&](const TiledProduct& machine, double TiledProduct::Costs::*cost) {
          double sum = 0;
          for (const TiledProduct::Sample& sample : test)
            sum += std::abs(machine.predict(sample.shape).mean.*cost / (sample.costs.*cost) - 1);
          return 100 * sum / static_cast<double>(test.size()) / seeds;
        };
        const TiledProduct machine = TiledProduct::fit(training, kOrinProcessors);
        energy += error(machine, &TiledProduct::Costs::energy_j);
        time += error(machine, &TiledProduct::Costs::time_s);
        for (TiledProduct::Sample& sample : training) sample.costs.time_s = 0;
        alone += error(TiledProduct::fit(training, kOrinProcessors), &TiledProduct::Costs::energy_j);
      }
      fmt::print("{:>9} {:>9} {:>8.2f} {:>7.2f} {:>14.2f}\n", precision, trained, energy, time, alone);
      std::fflush(stdout);
    }
  }
}

void print_heading(int seeds) {
  fmt::print("mean absolute percentage error, mean of {} seeds\n", seeds);
  fmt::print("{:<22} {:>6} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>7}\n", "data", "rows", "training",
             "constant", "FLOPs x c", "boosting", "terms", "ours", "target", "in 90 %", "fit s");
}

void run(const std::string& folder, int seeds, const std::string& only, double share) {
  if (folder.ends_with(".json")) {
    print_heading(seeds);
    report_profile(folder, seeds);
    return;
  }
  if (!(share > 0 && share < 1)) fail_usage("a share of {} trains: give a number between 0 and 1", share);
  const auto fp16 = [](const std::string& f) { return orin_gemm(f, "fp16", DataType::float16, false); };
  const auto fp16_named = [](const std::string& f) { return orin_gemm(f, "fp16", DataType::float16, true); };
  const Row rows[] = {
      {"orin-gemm-fp16", fp16, 0, 1.8, kOrinProcessors},
      {"orin-gemm-int8", [](const std::string& f) { return orin_gemm(f, "int8", DataType::int8, false); }, 0, 1.8,
       kOrinProcessors},
      {"orin-gemm-fp16-named", fp16_named, 0, 1.8, kOrinProcessors},
      {"orin-gemm-int8-named", [](const std::string& f) { return orin_gemm(f, "int8", DataType::int8, true); }, 0, 1.8,
       kOrinProcessors},
      {"orin-gemm-fp16-named-20", fp16_named, 20, 4, kOrinProcessors},
      {"orin-gemm-fp16-named-40", fp16_named, 40, 3, kOrinProcessors},
      {"orin-gemm-fp16-20", fp16, 20, 4, kOrinProcessors},
      {"orin-gemm-fp16-40", fp16, 40, 3, kOrinProcessors},
      {"orin-attention", orin_attention, 0, 5, kOrinProcessors},
      {"orin-layernorm", orin_layernorm, 0, 5, kOrinProcessors},
      {"phone-conv", phone_conv, 0, 4, 0},
      {"h200-gemm-energy", [](const std::string& f) { return h200_gemm(f, 0.1, true); }, 0, 3.3, kH200Processors},
      {"h200-gemm-time", [](const std::string& f) { return h200_gemm(f, 0, false); }, 0, 2.3, kH200Processors},
  };
  print_heading(seeds);
  for (const Row& row : rows)
    if (only.empty() || only == row.name) report(row, folder, seeds, share);
  if (only.empty() || only == "adaptation") report_adaptation(folder, seeds);
  if (only.empty() || only == "machine") report_machine(folder, seeds);
}

}  // namespace
}  // namespace tabjoule

int main(int argc, char** argv) try {
  tabjoule::run(argc > 1 ? argv[1] : "../shared/energy", argc > 2 ? std::atoi(argv[2]) : 5, argc > 3 ? argv[3] : "",
                argc > 4 ? std::atof(argv[4]) : .5);
} catch (const tabjoule::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
