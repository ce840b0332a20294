// Runs a suite, in any number of pieces: each search and each booster once.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "suite/suite.h"

namespace tabjoule {

struct SuiteRequest {
  std::filesystem::path suite;
  std::filesystem::path data_folder;     ///< read_suite
  std::filesystem::path out;             ///< results.parquet, summary.json, paper.html, runs/
  std::filesystem::path profile_folder;  ///< device profiles are kept and reused here
  DeviceOptions device_options;
  int threads = 0;                           ///< 0: all this process may use
  std::vector<std::string> tables;           ///< only these; empty: all of the suite
  NoticeSink log = {};                       ///< is told each search as it ends
  std::optional<std::size_t> most_searches;  ///< of this call; 0: only summary and page are written anew
};

struct SuiteOutcome {
  Json summary;
  std::size_t searches = 0;                    ///< done in this call
  std::vector<std::string> failures;           ///< "KEY: reason"; the other searches went on
  ErrorKind worst_failure = ErrorKind::input;  ///< of those
};

/// Goes on where earlier calls with this `out` ended, within a search too. After each search the results are stored, at
/// the end summary and page are written. Errors: those of read_suite; (internal): `out` cannot be written. A search
/// that fails is told and left out; where those of three jobs in a row fail for internal
/// reasons (a full disk), the call ends with the last.
[[nodiscard]] SuiteOutcome run_suite(const SuiteRequest& request, const NoticeSink& notice,
                                     const ProgressSink& progress);

}  // namespace tabjoule
