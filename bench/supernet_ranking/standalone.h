// What the ranking of a supernet is judged by: architectures of a space, each trained alone on each table. Trained once
// and kept in a file, one line a training, which is read back and added to.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "pipeline/prepared_data.h"
#include "space/search_space.h"

namespace tabjoule {

/// A table of a folder and the column that is predicted.
struct RankingTable {
  std::string name, file, target;
};

/// "letter" of the tables below. Errors (usage): no such table.
[[nodiscard]] RankingTable ranking_table(const std::string& name);
[[nodiscard]] std::vector<std::string> ranking_table_names();

/// A table as both sides see it: at most kTrainRows and kValidationRows rows of the two parts, all test rows.
struct RankingData {
  RankingTable table;
  Samples train, validation, test;
  Metric metric = Metric::accuracy;
  NetworkShape shape;
};

[[nodiscard]] RankingData ranking_data(const std::filesystem::path& folder, const RankingTable& table);

/// `count` different architectures of `space`, drawn from its prior with a fixed seed: the first N are the same for
/// every count.
[[nodiscard]] std::vector<Architecture> ranking_architectures(const SearchSpace& space, int count);

struct StandaloneScore {
  double validation = 0, test = 0;
  int epochs = 0;
};

/// Scores by table, architecture and seed, kept in a CSV file.
class StandaloneScores {
 public:
  using Key = std::tuple<std::string, std::string, std::uint64_t>;

  /// Reads `file` where it exists. Errors (input): a line that is none of ours.
  explicit StandaloneScores(std::filesystem::path file);

  /// The score of a training, trained now if the file lacks it.
  const StandaloneScore& train(const RankingData& data, const SearchSpace& space, const Architecture& architecture,
                               std::uint64_t seed, ThreadPool& pool);
  [[nodiscard]] const StandaloneScore* find(const std::string& table, const std::string& architecture,
                                            std::uint64_t seed) const;

 private:
  std::filesystem::path file_;
  std::map<Key, StandaloneScore> scores_;
};

}  // namespace tabjoule
