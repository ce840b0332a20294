// A comparison over many tables and devices, as a file (docs/suite-format.md), and the runs it comes to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/request.h"

namespace tabjoule {

struct SuiteTable {
  std::string name;
  DataRequest data;
  std::string metric;  ///< empty: the task's default
  int seeds = 1;       ///< 0, 1, ... seeds - 1
};

struct Suite {
  std::string name;
  std::string description;
  std::vector<SuiteTable> tables;
  std::vector<std::string> spaces;  ///< each is searched by itself
  std::vector<std::string> devices;
  std::vector<std::int64_t> batches;
  double effort = 1;  ///< SearchRequest::effort
  int train_points = 5;
  double profile_budget_s = 40;
  bool boosting = true;  ///< gradient boosting beside each table's networks
};

/// Paths are relative to `data_folder`, to the file's own folder where that is empty; in a SQL query {folder} stands
/// for it. Errors (input): not such a file, a member unknown, absent or out of range, a name twice, a table's file
/// absent.
[[nodiscard]] Suite read_suite(const std::filesystem::path& path, const std::filesystem::path& data_folder);

/// What shares one supernet.
struct SuiteJob {
  std::size_t table = 0;
  std::string space;
  std::uint64_t seed = 0;
};

/// One search: a job on a device at a batch size.
struct SuiteCell {
  SuiteJob job;
  std::string device;
  std::int64_t batch = 1;
};

/// Cells of one job follow one another; the first seeds of all tables come first, so that what an interrupted suite has
/// done covers as many tables as it can.
[[nodiscard]] std::vector<SuiteCell> cells_of(const Suite& suite);

}  // namespace tabjoule
