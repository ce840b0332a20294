// How well a supernet ranks architectures: its scores against those of the same architectures trained alone.
// bench/README.md says how to read it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/error.h"
#include "supernet_ranking/standalone.h"

namespace tabjoule {
namespace {

struct Flags {
  std::string folder, results, space = "mlp";
  std::vector<std::string> tables = ranking_table_names();
  int architectures = 40;
  int repeated = 40;
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

}  // namespace
}  // namespace tabjoule

int main(int argc, char** argv) {
  using namespace tabjoule;
  CLI::App app{"How well a supernet ranks architectures"};
  Flags flags;
  app.require_subcommand(1);
  CLI::App* alone = app.add_subcommand("alone", "train the architectures alone, as far as RESULTS lacks them");
  for (CLI::App* command : {alone}) {
    command->add_option("folder", flags.folder, "folder of the tables")->required();
    command->add_option("results", flags.results, "CSV file of the stand-alone scores")->required();
    command->add_option("--space", flags.space)->capture_default_str();
    command->add_option("--tables", flags.tables)->delimiter(',');
    command->add_option("--architectures", flags.architectures)->capture_default_str();
  }
  alone->add_option("--repeated", flags.repeated, "how many of them with a second seed")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    if (*alone) train_alone(flags);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
