// Flags of the commands that learn from a table.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "pipeline/request.h"

namespace tabjoule::cli {

struct DataFlags {
  DataRequest data;
  std::string metric;
  std::string task = "auto", scaling = "auto";
  std::vector<std::string> numeric, categorical;

  /// What the flags say together.
  [[nodiscard]] DataRequest request() const;
};

void add_data_flags(CLI::App& command, DataFlags& flags);

}  // namespace tabjoule::cli
