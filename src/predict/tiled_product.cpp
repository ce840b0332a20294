#include "predict/tiled_product.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "base/random.h"
#include "predict/levenberg_marquardt.h"

namespace tabjoule {
namespace {

struct Tile {
  double rows, columns;  // of the output, m by n
};
// What GPU libraries compute per thread block (CUTLASS, cuBLAS). Speeds and energies of the others are relative to the
// first.
constexpr std::array<Tile, TiledProduct::kTiles> kLibraryTiles{{{.rows = 128, .columns = 256},
                                                                {.rows = 128, .columns = 128},
                                                                {.rows = 64, .columns = 128},
                                                                {.rows = 256, .columns = 128},
                                                                {.rows = 64, .columns = 64},
                                                                {.rows = 128, .columns = 64},
                                                                {.rows = 64, .columns = 256},
                                                                {.rows = 256, .columns = 64}}};
constexpr double kMiddleTile = 128 * 128;
constexpr double kStep = 64;                              // of k, by which the overhead of a wave is told
constexpr double kShortestSplit = 256, kMostSplits = 16;  // of k
constexpr double kSplitLaunches = 0.3;                    // more, of a product in parts
constexpr double kCapSharpness = 8;                       // how suddenly a device is held at its power
constexpr double kLargestNorm = 30;                       // of the p-norm: a maximum by then
constexpr double kTypicalError = 0.03;                    // of the model: what lies farther off counts less
constexpr double kFarSlower = 0.15;  // as a logarithm: such a tile is not picked, however far it is
constexpr double kUnlikely = 1e-3;   // that a tile is picked whatever its time
constexpr std::size_t kMostSamples = 300;
constexpr int kSteps = 40, kNearSteps = 8;

// Of GPUs, for a prior: operations a memory element (Orin 480, H200 400, A100 310, RTX 3090 300 in half precision), and
// what it takes to begin a kernel, in seconds and in operations.
constexpr double kBalance = 400;
constexpr double kTypicalLaunch_s = 5e-6, kTypicalLaunchFlops = 5e8;

enum Parameter : std::size_t {
  kPeak,            // operations a second
  kBandwidth,       // bytes a second, of memory
  kLaunch,          // seconds
  kWholeWaves,      // logit: how far the last wave costs a whole one
  kTies,            // relative differences of time among which tiles are picked as if at random
  kFlopEnergy,      // joules an operation
  kCacheEnergy,     // joules a byte between the second-level cache and processors
  kMemoryEnergy,    // joules a byte of memory
  kPower,           // watts, whatever the device does
  kOverhead,        // of a wave, in steps of k
  kNorm,            // logarithm of the p-norm's p - 1
  kCacheBandwidth,  // bytes a second
  kCacheBytes,
  kPadding,         // logit: energy of arithmetic on padding, as a share
  kOverheadGrowth,  // power of a tile's size to which its overhead grows
  kPowerCap,        // watts
  kSaturation,      // logit: the share of processors that draw the whole bandwidth of the cache
  kKeptBytes,       // of a run that the cache still holds at the next
  kSpeeds,          // of kLibraryTiles but the first
  kEnergies = kSpeeds + kLibraryTiles.size() - 1,
  kParameterCount = kEnergies + kLibraryTiles.size() - 1,
};
static_assert(kParameterCount == TiledProduct::kParameters);
using Parameters = std::array<double, kParameterCount>;

double share(double logit) { return 1 / (1 + std::exp(-logit)); }

/// Parameters as they are used.
struct Machine {
  Machine(const Parameters& p, int count) : processors(count) {
    bandwidth = std::exp(p[kBandwidth]);
    launch = std::exp(p[kLaunch]);
    whole_waves = share(p[kWholeWaves]);
    ties = std::exp(p[kTies]);
    cache_energy = std::exp(p[kCacheEnergy]);
    memory_energy = std::exp(p[kMemoryEnergy]);
    power = std::exp(p[kPower]);
    norm = std::min(kLargestNorm, 1 + std::exp(p[kNorm]));
    cache_bandwidth = std::exp(p[kCacheBandwidth]);
    cache_bytes = std::exp(p[kCacheBytes]);
    padding = share(p[kPadding]);
    power_cap = std::exp(p[kPowerCap]);
    kept_bytes = std::exp(p[kKeptBytes]);
    saturation = share(p[kSaturation]);
    for (std::size_t i = 0; i < kLibraryTiles.size(); ++i) {
      speed[i] = std::exp(p[kPeak] + (i == 0 ? 0 : p[kSpeeds + i - 1]));
      energy[i] = std::exp(p[kFlopEnergy] + (i == 0 ? 0 : p[kEnergies + i - 1]));
      const double size = kLibraryTiles[i].rows * kLibraryTiles[i].columns / kMiddleTile;
      overhead[i] = kStep * std::exp(p[kOverhead] + p[kOverheadGrowth] * std::log(size));
    }
  }

  [[nodiscard]] double joined(double a, double b, double c) const {
    const double most = std::max({a, b, c});
    const auto powered = [&](double value) { return std::exp(norm * std::log(value / most)); };
    return most * std::exp(std::log(powered(a) + powered(b) + powered(c)) / norm);
  }

  /// How often a product on a tile that leaves processors idle may be split along k; 1: not at all.
  [[nodiscard]] double splits(std::size_t tile, const ProductShape& p) const {
    const auto [rows, columns] = kLibraryTiles[tile];
    const double tiles = p.batch * std::ceil(p.m / rows) * std::ceil(p.n / columns);
    return std::floor(std::max(1.0, std::min({processors / tiles, p.k / kShortestSplit, kMostSplits})));
  }

  [[nodiscard]] TiledProduct::Costs on(std::size_t tile, const ProductShape& p, double split) const {
    const auto [rows, columns] = kLibraryTiles[tile];
    const double down = std::ceil(p.m / rows);
    const double tiles = p.batch * split * down * std::ceil(p.n / columns), depth = p.k / split;
    const double waves = std::max(1.0, tiles / processors);
    const double dealt = ((1 - whole_waves) * waves + whole_waves * std::ceil(waves)) * processors * rows * columns;
    const double arithmetic_s = 2 * dealt * (depth + overhead[tile]) / speed[tile];
    const double tile_bytes = (rows + columns) * depth * p.element_bytes;
    const double cache_traffic = tiles * tile_bytes;
    const double cache_s = std::max(tiles, saturation * processors) * tile_bytes / cache_bandwidth;
    const double weights = p.element_bytes * p.batch * p.n * p.k;
    const double others = p.element_bytes * (p.input_elements + p.batch * p.m * p.n);
    const double missed = 1 / (1 + std::pow(kept_bytes / (weights + others), 2));
    const auto part_s = [&](double part, double weights_read) {
      return joined(part * arithmetic_s, part * cache_s, missed * (weights_read + part * others) / bandwidth);
    };
    const double width = down >= 6 ? 8 : down >= 3 ? 4 : down;
    const double passes = std::ceil(down / width);
    const double again = weights / (1 + std::pow(cache_bytes * p.batch / weights, 2));
    TiledProduct::Costs costs;
    costs.time_s = launch;
    if (split > 1)  // parts are written and summed up, in single precision
      costs.time_s += kSplitLaunches * launch + 2 * split * sizeof(float) * p.batch * p.m * p.n / cache_bandwidth;
    if (passes == 1) {
      costs.time_s += part_s(1, weights);
    } else {
      costs.time_s += part_s(width / down, weights) + part_s((down - (passes - 1) * width) / down, again);
      if (passes > 2) costs.time_s += (passes - 2) * part_s(width / down, again);
    }
    const double useful = p.batch * p.m * p.n;
    const double padded = tiles / split * rows * columns - useful;
    const double free_j = power * costs.time_s + 2 * energy[tile] * (useful + padding * padded) * p.k +
                          cache_energy * cache_traffic +
                          missed * memory_energy * (others + weights + (passes - 1) * again);
    const double excess = std::pow(free_j / (power_cap * costs.time_s), kCapSharpness);
    costs.energy_j = free_j / std::pow(1 + excess, 1 / kCapSharpness);
    return costs;
  }

  using Choices = std::array<TiledProduct::Costs, TiledProduct::kTiles>;

  /// On each tile, split where that is faster.
  [[nodiscard]] Choices on_each(const ProductShape& shape) const {
    Choices choices;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      choices[i] = on(i, shape, 1);
      const double split = splits(i, shape);
      if (split == 1) continue;
      const TiledProduct::Costs parts = on(i, shape, split);
      if (parts.time_s < choices[i].time_s) choices[i] = parts;
    }
    return choices;
  }

  /// How likely each is picked.
  [[nodiscard]] std::array<double, TiledProduct::kTiles> odds(const Choices& choices) const {
    const double fastest = fastest_of(choices);
    std::array<double, TiledProduct::kTiles> odds{};
    double sum = 0;
    for (std::size_t i = 0; i < odds.size(); ++i) sum += odds[i] = std::exp((1 - choices[i].time_s / fastest) / ties);
    for (double& value : odds) value /= sum;
    return odds;
  }

  [[nodiscard]] TiledProduct::Costs mean_of(const Choices& choices) const {
    const auto weights = odds(choices);
    TiledProduct::Costs mean;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      mean.time_s += weights[i] * choices[i].time_s;
      mean.energy_j += weights[i] * choices[i].energy_j;
    }
    return mean;
  }

  static double fastest_of(const Choices& choices) {
    double fastest = std::numeric_limits<double>::infinity();
    for (const TiledProduct::Costs& cost : choices) fastest = std::min(fastest, cost.time_s);
    return fastest;
  }

  double processors;
  double bandwidth, launch, whole_waves, ties, cache_energy, memory_energy, power, norm, cache_bandwidth, cache_bytes,
      padding, power_cap, kept_bytes, saturation;
  std::array<double, kLibraryTiles.size()> speed, energy, overhead;
};

/// What machines are like. Scales come from the samples' extremes.
struct MachinePrior : NormalPrior<kParameterCount> {
  MachinePrior(std::span<const TiledProduct::Sample> samples, bool timed, int processors) {
    // Where energies alone are known, the unit of time is that of a device of one watt.
    double speed = 0, bandwidth = 0, shortest = std::numeric_limits<double>::infinity(), flop_energy = shortest;
    std::vector<double> powers;
    for (const TiledProduct::Sample& sample : samples) {
      const ProductShape& p = sample.shape;
      const double flops = 2 * p.batch * p.m * p.n * p.k;
      const double bytes = p.element_bytes * (p.input_elements + p.batch * p.n * (p.m + p.k));
      const double time_s = timed ? sample.costs.time_s : sample.costs.energy_j;
      if (time_s > 0) {
        speed = std::max(speed, flops / time_s);
        bandwidth = std::max(bandwidth, bytes / time_s);
        shortest = std::min(shortest, time_s);
      }
      if (!(sample.costs.energy_j > 0)) continue;
      flop_energy = std::min(flop_energy, sample.costs.energy_j / flops);
      if (time_s > 0) powers.push_back(sample.costs.energy_j / time_s);
    }
    if (powers.empty()) powers.push_back(1);
    if (!std::isfinite(flop_energy)) flop_energy = 1e-12;
    std::sort(powers.begin(), powers.end());
    set(kPeak, std::log(1.1 * speed), 0.3);
    bandwidth = std::max(bandwidth, speed * samples.front().shape.element_bytes / kBalance);
    set(kBandwidth, std::log(bandwidth), 0.5);
    set(kLaunch, std::log(std::min(0.4 * shortest, timed ? kTypicalLaunch_s : kTypicalLaunchFlops / speed)), 0.7);
    set(kWholeWaves, 1.5, 1.5);
    set(kTies, std::log(0.03), 0.5);
    set(kFlopEnergy, std::log(0.5 * flop_energy), 0.5);
    set(kCacheEnergy, std::log(2e-12), 1);
    set(kMemoryEnergy, std::log(30e-12), 0.7);
    set(kPower, std::log(0.4 * powers[powers.size() / 2]), 0.5);
    set(kOverhead, std::log(2), 1);
    set(kNorm, 1, 0.5);
    set(kCacheBandwidth, std::log(5 * bandwidth), 0.7);
    set(kCacheBytes, std::log(0.3e6 * processors), 0.7);
    set(kPadding, 0, 1);
    set(kOverheadGrowth, 0.5, 0.5);
    set(kPowerCap, std::log(1.2 * powers.back()), 0.3);
    set(kSaturation, 0, 1.5);
    set(kKeptBytes, std::log(0.15e6 * processors), 0.7);
    for (std::size_t i = kSpeeds; i < kParameterCount; ++i) set(i, 0, 0.15);
  }
};

std::optional<std::size_t> library_tile(const OutputTile& named, bool turned) {
  const double rows = turned ? named.second : named.first, columns = turned ? named.first : named.second;
  for (std::size_t i = 0; i < kLibraryTiles.size(); ++i)
    if (kLibraryTiles[i].rows == rows && kLibraryTiles[i].columns == columns) return i;
  return {};
}

/// Residuals whose squares sum up to minus twice the logarithm of the posterior: errors of both costs in the
/// logarithm, large ones counted linearly (the pseudo-Huber loss), how unlikely the tile that ran was to be picked,
/// and distances from the prior.
struct MachineErrors {
  std::span<const TiledProduct::Sample> samples;
  const MachinePrior* prior;
  int processors;
  bool turned;

  [[nodiscard]] Eigen::VectorXd operator()(const Eigen::VectorXd& z) const {
    const Machine machine(prior->at(z), processors);
    Eigen::VectorXd errors(static_cast<Eigen::Index>(3 * samples.size()) + z.size());
    Eigen::Index next = 0;
    for (const TiledProduct::Sample& sample : samples) {
      const Machine::Choices choices = machine.on_each(sample.shape);
      const std::optional<std::size_t> ran = sample.tile ? library_tile(*sample.tile, turned) : std::nullopt;
      const TiledProduct::Costs costs = ran ? choices[*ran] : machine.mean_of(choices);
      const auto add = [&](double predicted, double found) {
        errors(next++) =
            found > 0 ? std::sqrt(sample.weight) * bent_residual(std::log(predicted / found), kTypicalError) : 0;
      };
      add(costs.time_s, sample.costs.time_s);
      add(costs.energy_j, sample.costs.energy_j);
      errors(next++) =
          ran ? std::sqrt(-2 * sample.weight * std::log(kUnlikely + (1 - kUnlikely) * machine.odds(choices)[*ran])) : 0;
    }
    errors.tail(z.size()) = z;
    return errors;
  }
};

}  // namespace

TiledProduct TiledProduct::fit(std::span<const Sample> samples, int processors, const TiledProduct* near) {
  std::vector<Sample> chosen(samples.begin(), samples.end());
  Rng(chosen.size()).keep_some(chosen, kMostSamples);
  const bool timed =
      std::any_of(samples.begin(), samples.end(), [](const Sample& sample) { return sample.costs.time_s > 0; });
  const bool named = std::any_of(chosen.begin(), chosen.end(), [](const Sample& sample) {
    return sample.tile && sample.tile->first != sample.tile->second;
  });
  const MachinePrior prior(samples, timed, processors);
  TiledProduct best;
  double least = std::numeric_limits<double>::infinity();
  const auto attempt = [&](bool turned) {
    const MachineErrors residuals{chosen, &prior, processors, turned};
    Eigen::VectorXd z = near != nullptr ? prior.distance(near->parameters_) : Eigen::VectorXd::Zero(kParameterCount);
    const double error = descend(residuals, z, near != nullptr ? kNearSteps : kSteps);
    if (!(error < least)) return;
    least = error;
    best.parameters_ = prior.at(z);
    best.turned_ = turned;
  };
  attempt(near != nullptr && near->turned_);
  if (named && near == nullptr) attempt(true);
  best.processors_ = processors;
  return best;
}

TiledProduct::OnTiles TiledProduct::predict(const ProductShape& shape) const {
  const Machine machine(parameters_, processors_);
  OnTiles costs{machine.on_each(shape), {}};
  costs.mean = machine.mean_of(costs.each);
  return costs;
}

std::optional<std::size_t> TiledProduct::index_of(const OutputTile& tile) const { return library_tile(tile, turned_); }

double TiledProduct::OnTiles::slower(std::size_t tile) const {
  return std::min(kFarSlower, std::log(each[tile].time_s / Machine::fastest_of(each)));
}

void TiledProduct::OnTiles::append_features(std::vector<float>& features) const {
  for (std::size_t tile = 0; tile < kTiles; ++tile) features.push_back(static_cast<float>(slower(tile)));
  features.push_back(static_cast<float>(std::log(mean.energy_j / mean.time_s)));
}

}  // namespace tabjoule
