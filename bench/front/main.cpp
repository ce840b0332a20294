// The front of score and energy: which way of searching draws it with the fewest scores, and what training networks at
// random finds. bench/README.md says how to read it.
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "front/strategies.h"
#include "pipeline/supernet_scores.h"

namespace tabjoule {
namespace {

struct Flags {
  SearchRequest request;
  std::string name, out;
  int architectures = 200;
  double flops = 3e10;
  std::vector<std::string> files;
  std::string space = "mlp";
  int seeds = 10;
};

std::vector<Json> read_lines(const std::string& file) {
  std::vector<Json> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

void append(const std::string& file, const Json& json) { std::ofstream(file, std::ios::app) << to_text(json) << '\n'; }

/// Reads the table, opens the device and profiles it.
void prepare(SearchState& state) {
  read_phase(state);
  profile_phase(state);
}

/// Every architecture of the space on its supernet: a line each.
void score(Flags& flags) {
  SearchState state(flags.request, [](const std::string&) {}, {});
  prepare(state);
  supernet_phase(state);
  SupernetScores scores(state, search_rows(state));
  std::map<Architecture, bool> done;
  const SearchSpace& space = state.spaces.front().space;
  for (const Json& line : read_lines(flags.out)) done[architecture_from_json(space, line.at("architecture"))] = true;
  for (const Architecture& architecture : all_architectures(space)) {
    if (done.contains(architecture)) continue;
    const double utility = state.utility_of(scores.score(0, architecture));
    append(flags.out, {{"table", flags.name},
                       {"architecture", to_json(space, architecture)},
                       {"utility", utility},
                       {"dummy", state.utility_of(state.dummy)},
                       {"energy_j", predicted_point(state, 0, architecture).energy_j}});
  }
  scores.keep();
}

ScoreTable read_table_of_scores(const std::string& file, const SearchSpace& space) {
  ScoreTable table{space, {}};
  for (const Json& line : read_lines(file)) {
    const Architecture architecture = architecture_from_json(space, line.at("architecture"));
    const double utility = line.at("utility").get<double>() - line.at("dummy").get<double>();
    table.known[architecture] = {architecture, utility, line.at("energy_j").get<double>(), 0};
  }
  if (table.known.size() != space.size())
    fail_input("{}: {} of {} architectures: run `score` first", file, table.known.size(), space.size());
  return table;
}

/// The best of what a search with the default weight maximises.
double best_value(const std::vector<Candidate>& points) {
  const Reward reward;
  double best = -std::numeric_limits<double>::infinity();
  for (const Candidate& point : points) best = std::max(best, reward(point.utility, point.energy_j));
  return best;
}

/// What a strategy found of a table, in the mean over seeds.
struct Found {
  double hypervolume = 0;  ///< over that of the whole table
  double regret = 0;       ///< the table's best value less the found one
};

Found found_by(const NamedStrategy& strategy, const ScoreTable& table, std::size_t count, int seeds) {
  std::vector<Candidate> all;
  double worst_j = 0;
  for (const auto& [architecture, candidate] : table.known) {
    all.push_back(candidate);
    worst_j = std::max(worst_j, candidate.energy_j);
  }
  Found mean;
  for (int seed = 0; seed < seeds; ++seed) {
    const auto found = strategy.run(table, count, static_cast<std::uint64_t>(seed));
    mean.hypervolume += hypervolume(found, worst_j) / hypervolume(all, worst_j) / seeds;
    mean.regret += (best_value(all) - best_value(found)) / seeds;
  }
  return mean;
}

/// Each strategy with some numbers of scores, in the mean over the tables and seeds.
void compare(const Flags& flags) {
  const SearchSpace space = load_space(flags.space);
  std::vector<ScoreTable> tables;
  for (const std::string& file : flags.files) tables.push_back(read_table_of_scores(file, space));
  const std::vector<std::size_t> counts{50, 100, 200, 400};
  fmt::print("{} tables, {} seeds; hypervolume and regret in points, of {} scores\n", tables.size(), flags.seeds,
             fmt::join(counts, ", "));
  for (const NamedStrategy& strategy : strategies()) {
    std::string hypervolumes;
    std::string regrets;
    for (const std::size_t count : counts) {
      Found mean;
      for (const ScoreTable& table : tables) {
        const Found found = found_by(strategy, table, count, flags.seeds);
        mean.hypervolume += found.hypervolume / static_cast<double>(tables.size());
        mean.regret += found.regret / static_cast<double>(tables.size());
      }
      hypervolumes += fmt::format(" {:.4f}", mean.hypervolume);
      regrets += fmt::format(" {:.2f}", 100 * mean.regret);
    }
    fmt::print("{:<20} {}  {}\n", strategy.name, hypervolumes, regrets);
    std::fflush(stdout);
  }
}

/// Architectures drawn from the prior, each trained to its end as a search trains its winners: a line each.
void random(Flags& flags) {
  SearchState state(flags.request, [](const std::string&) {}, {});
  prepare(state);
  const SpaceOfRun& of = state.spaces.front();
  std::size_t done = read_lines(flags.out).size();
  Rng rng(flags.request.seed + 1000);
  for (int i = 0; i < flags.architectures; ++i) {
    const Architecture architecture = random_architecture(of.space, rng);
    if (static_cast<std::size_t>(i) < done) continue;
    TuningOptions options;
    options.metric = state.metric;
    options.dropout = state.request.dropout;
    options.seed = state.request.seed;
    options.flop_budget = flags.flops;
    const SearchPoint point = predicted_point(state, 0, architecture);
    const TrainedPoint trained = train_tuned(of.space, point, of.shape, state.data_of(0), options, state.pool, {});
    append(flags.out, {{"table", flags.name},
                       {"text", state.text_of(point)},
                       {"score_validation", trained.model.score_validation},
                       {"score_test", trained.model.score_test},
                       {"energy_predicted_j", point.energy_j},
                       {"epochs", trained.model.training.epochs}});
  }
}

void add_run_flags(CLI::App& command, Flags& flags) {
  SearchRequest& request = flags.request;
  command.add_option("name", flags.name, "of the table")->required();
  command.add_option("out", flags.out, "file of results, one JSON object a line; what it holds is not done again")
      ->required();
  command.add_option("--data", request.data.data)->required();
  command.add_option("--target", request.data.target)->required();
  command.add_option("--space", request.spaces)->capture_default_str();
  command.add_option("--device", request.device)->capture_default_str();
  command.add_option("--effort", request.effort)->capture_default_str();
  command.add_option("--seed", request.seed)->capture_default_str();
  command.add_option("--threads", request.threads)->capture_default_str();
  command.add_option("--work", request.out, "folder of checkpoints")->required();
}

}  // namespace
}  // namespace tabjoule

int main(int argc, char** argv) {
  using namespace tabjoule;
  CLI::App app{"The front of score and energy"};
  Flags flags;
  flags.request.device = "sim:jetson-agx-orin";
  flags.request.threads = 1;
  flags.request.resume = true;
  app.require_subcommand(1);
  CLI::App* scoring = app.add_subcommand("score", "score every architecture of a space on its supernet");
  CLI::App* comparing = app.add_subcommand("compare", "set ways of searching beside each other on such scores");
  CLI::App* drawing = app.add_subcommand("random", "train architectures drawn at random to the end");
  add_run_flags(*scoring, flags);
  add_run_flags(*drawing, flags);
  drawing->add_option("--architectures", flags.architectures)->capture_default_str();
  drawing->add_option("--flops", flags.flops, "of each training")->capture_default_str();
  comparing->add_option("files", flags.files, "results of `score`")->required();
  comparing->add_option("--space", flags.space)->capture_default_str();
  comparing->add_option("--seeds", flags.seeds)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    if (*scoring) score(flags);
    if (*comparing) compare(flags);
    if (*drawing) random(flags);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_front: {}\n", error.what());
    return 1;
  }
  return 0;
}
