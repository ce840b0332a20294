// How well a supernet ranks architectures: its scores against those of the same architectures trained alone.
// bench/README.md says how to read it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/error.h"
#include "supernet_ranking/agreement.h"

namespace tabjoule {
namespace {

struct Flags {
  std::string folder, results, space = "mlp";
  std::vector<std::string> tables = ranking_table_names();
  int architectures = 40;
  int repeated = 12;
  std::string out;
  std::string paths = "prior";
  SupernetOptions supernet;
};

void train_alone(const Flags& flags) {
  const SearchSpace space = load_space(flags.space);
  StandaloneScores scores(flags.results);
  ThreadPool pool(1);
  for (const std::uint64_t seed : {0, 1}) {
    for (const auto& name : flags.tables) {
      const RankingData data = ranking_data(flags.folder, ranking_table(name));
      const auto drawn = ranking_architectures(space, seed == 0 ? flags.architectures : flags.repeated);
      for (const auto& architecture : drawn) {
        const StandaloneScore& score = scores.train(data, space, architecture, seed, pool);
        fmt::print("{} {} seed {}: {:.4f} in {} epochs\n", name, to_text(space, architecture), seed, score.test,
                   score.epochs);
        std::fflush(stdout);
      }
    }
  }
}

/// The supernet's scores of the architectures that were trained alone.
std::vector<ScoredArchitecture> score_all(const Flags& flags, const RankingData& data, const SearchSpace& space,
                                          const StandaloneScores& alone, SupernetResult& training) {
  ThreadPool pool(1);
  Supernet supernet(space, data.shape, flags.supernet.seed);
  SupernetOptions options = flags.supernet;
  options.paths.sampling = path_sampling_from(flags.paths);
  options.metric = data.metric;
  training = train_supernet(supernet, data.train, data.validation, options, pool, {});
  SupernetScorer scorer(supernet, data.train, data.validation, data.metric, pool);
  const double sign = higher_is_better(data.metric) ? 1 : -1;
  std::vector<ScoredArchitecture> scored;
  for (const auto& architecture : ranking_architectures(space, flags.architectures)) {
    const std::string text = to_text(space, architecture);
    if (const StandaloneScore* score = alone.find(data.table.name, text, 0))
      scored.push_back({text, sign * score->test, sign * scorer.score(architecture)});
  }
  return scored;
}

void rank(const Flags& flags) {
  const SearchSpace space = load_space(flags.space);
  const StandaloneScores alone(flags.results);
  std::ofstream out;
  if (!flags.out.empty()) out.open(flags.out);
  out << "table,architecture,alone,supernet\n";
  fmt::print("{:<20} {:>5} {:>7} {:>7} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>6}\n", "table", "archs", "tau", "tau>n",
             "pairs>n", "noise", "tau-seed", "spread", "regret", "epochs", "s");
  double tau = 0, beyond = 0;
  for (const auto& name : flags.tables) {
    const RankingData data = ranking_data(flags.folder, ranking_table(name));
    const auto start = std::chrono::steady_clock::now();
    SupernetResult training;
    const auto scored = score_all(flags, data, space, alone, training);
    const double time_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (scored.size() < 2) fail_input("{}: no stand-alone scores of {}: run `alone` first", flags.results, name);
    const SeedNoise noise = seed_noise(alone, data, space, ranking_architectures(space, flags.architectures));
    const Agreement agreed = agreement(scored, noise);
    tau += agreed.tau / static_cast<double>(flags.tables.size());
    beyond += agreed.tau_beyond / static_cast<double>(flags.tables.size());
    fmt::print("{:<20} {:>5} {:>7.3f} {:>7.3f} {:>8.2f} {:>8.4f} {:>8.3f} {:>8.4f} {:>7.4f} {:>7} {:>6.1f}\n", name,
               scored.size(), agreed.tau, agreed.tau_beyond, agreed.share_beyond, noise.difference, noise.tau,
               agreed.spread, agreed.regret, training.epochs, time_s);
    std::fflush(stdout);
    for (const auto& s : scored) out << fmt::format("{},{},{:.5g},{:.5g}\n", name, s.architecture, s.alone, s.supernet);
  }
  fmt::print("{:<20} {:>5} {:>7.3f} {:>7.3f}\n", "mean", "", tau, beyond);
}

}  // namespace
}  // namespace tabjoule

int main(int argc, char** argv) {
  using namespace tabjoule;
  CLI::App app{"How well a supernet ranks architectures"};
  Flags flags;
  app.require_subcommand(1);
  CLI::App* alone = app.add_subcommand("alone", "train the architectures alone, as far as RESULTS lacks them");
  CLI::App* ranking = app.add_subcommand("rank", "train supernets and set their scores beside those of RESULTS");
  for (CLI::App* command : {alone, ranking}) {
    command->add_option("folder", flags.folder, "folder of the tables")->required();
    command->add_option("results", flags.results, "CSV file of the stand-alone scores")->required();
    command->add_option("--space", flags.space)->capture_default_str();
    command->add_option("--tables", flags.tables)->delimiter(',');
    command->add_option("--architectures", flags.architectures)->capture_default_str();
  }
  alone->add_option("--repeated", flags.repeated, "how many of them with a second seed")->capture_default_str();
  SupernetOptions& supernet = flags.supernet;
  ranking->add_option("--out", flags.out, "CSV file of every architecture's two scores");
  ranking->add_option("--paths", flags.paths, "uniform, prior, mixed or sandwich")->capture_default_str();
  ranking->add_option("--drawn", supernet.paths.drawn, "paths beside the sandwich's two")->capture_default_str();
  ranking->add_flag("--distil", supernet.distil);
  ranking->add_option("--flops", supernet.flop_budget)->capture_default_str();
  ranking->add_option("--max-epochs", supernet.max_epochs)->capture_default_str();
  ranking->add_option("--patience", supernet.patience)->capture_default_str();
  ranking->add_option("--batch", supernet.batch)->capture_default_str();
  ranking->add_option("--learning-rate", supernet.adamw.learning_rate)->capture_default_str();
  ranking->add_option("--seed", supernet.seed)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    *alone ? train_alone(flags) : rank(flags);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
