// What the phases of a run came to, kept so that a run that was killed goes on where it was: files of DIR/checkpoint,
// each whole or absent (docs/run-directory.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"

namespace tabjoule {

class RunCheckpoint {
 public:
  /// In `run`/checkpoint; touches nothing.
  explicit RunCheckpoint(const std::filesystem::path& run) : folder_(run / "checkpoint") {}

  /// Makes the folder for a run of this identity, or goes on with what is there. Errors (usage): there is a checkpoint
  /// and `resume` is not set; (input): it is of another request (the member that differs is named) or another version.
  void open(const Json& identity, bool resume);

  /// What `store` was given under this name; nothing where it was not reached. Errors (input): damaged.
  [[nodiscard]] std::optional<Json> load(const std::string& name) const;
  void store(const std::string& name, const Json& json) const;

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  /// Of what a finished run no longer needs.
  void remove(const std::string& name) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace tabjoule
