#include "supernet_ranking/standalone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "nn/train_network.h"

namespace tabjoule {
namespace {

constexpr std::size_t kTrainRows = 4000;
constexpr std::size_t kValidationRows = 2048;  // as many as a search scores on
constexpr float kDropout = 0.1F;               // a search's
constexpr const char* kHeader = "table,architecture,seed,score_validation,score_test,epochs";

const std::vector<RankingTable>& tables() {
  static const std::vector<RankingTable> all{{"letter", "letter.csv", "class"},
                                             {"covertype-15k", "covertype-15k.csv.gz", "Cover_Type"},
                                             {"jungle-chess", "jungle-chess.csv", "class"},
                                             {"higgs-7500", "higgs-7500.csv.gz", "label"},
                                             {"california-housing", "california-housing.csv.gz", "medianHouseValue"},
                                             {"phoneme", "phoneme.csv", "Class"}};
  return all;
}

TrainOptions recipe(Metric metric, std::uint64_t seed) {
  TrainOptions options;
  options.metric = metric;
  options.max_epochs = 50;
  options.patience = 8;
  options.averaging_epochs = 5;
  options.batch = 128;
  options.adamw.learning_rate = 2e-3;
  options.seed = seed;
  return options;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

RankingTable ranking_table(const std::string& name) {
  for (const auto& table : tables())
    if (table.name == name) return table;
  fail_usage("no table is named \"{}\" (there are: {})", name, fmt::join(ranking_table_names(), ", "));
}

std::vector<std::string> ranking_table_names() {
  std::vector<std::string> names;
  for (const auto& table : tables()) names.push_back(table.name);
  return names;
}

RankingData ranking_data(const std::filesystem::path& folder, const RankingTable& table) {
  DataRequest request;
  request.data = (folder / table.file).string();
  request.target = table.target;
  const PreparedData prepared = prepare_data(request, 0, 1, [](const std::string&) {});
  return {
      table,         spread_rows(prepared.train, kTrainRows),       spread_rows(prepared.validation, kValidationRows),
      prepared.test, default_metric(prepared.dataset->target.task), shape_of(prepared, kDropout)};
}

std::vector<Architecture> ranking_architectures(const SearchSpace& space, int count) {
  Rng rng(2026);
  std::vector<Architecture> drawn;
  std::set<Architecture> seen;
  while (drawn.size() < static_cast<std::size_t>(count)) {
    const Architecture architecture = random_architecture(space, rng);
    if (seen.insert(architecture).second) drawn.push_back(architecture);
  }
  return drawn;
}

StandaloneScores::StandaloneScores(std::filesystem::path file) : file_(std::move(file)) {
  std::ifstream in(file_);
  if (!in) {
    std::ofstream(file_) << kHeader << '\n';
    return;
  }
  std::string line;
  std::getline(in, line);
  if (line != kHeader) fail_input("{}: the first line must be {}", file_.string(), kHeader);
  for (int number = 2; std::getline(in, line); ++number) {
    const auto cells = cells_of(line);
    if (cells.size() != 6) fail_input("{}: line {} has {} cells, not 6", file_.string(), number, cells.size());
    scores_[{cells[0], cells[1], std::stoull(cells[2])}] = {std::stod(cells[3]), std::stod(cells[4]),
                                                            std::stoi(cells[5])};
  }
}

const StandaloneScore& StandaloneScores::train(const RankingData& data, const SearchSpace& space,
                                               const Architecture& architecture, std::uint64_t seed, ThreadPool& pool) {
  const std::string text = to_text(space, architecture);
  const Key key{data.table.name, text, seed};
  if (const auto known = scores_.find(key); known != scores_.end()) return known->second;
  const Network network = to_network(space, architecture, data.shape);
  ParameterStore store;
  const TrainResult training =
      train_network(network, store, data.train, data.validation, recipe(data.metric, seed), pool, {});
  const Matrix predictions = Evaluator(pool).predict(network, store, data.test);
  const StandaloneScore score{training.validation_score, evaluate(data.metric, block(predictions), data.test.truth()),
                              training.epochs};
  std::ofstream(file_, std::ios::app) << fmt::format("{},{},{},{:.6g},{:.6g},{}\n", data.table.name, text, seed,
                                                     score.validation, score.test, score.epochs);
  return scores_[key] = score;
}

const StandaloneScore* StandaloneScores::find(const std::string& table, const std::string& architecture,
                                              std::uint64_t seed) const {
  const auto found = scores_.find({table, architecture, seed});
  return found == scores_.end() ? nullptr : &found->second;
}

}  // namespace tabjoule
