// The state of supernet training as a file (docs/checkpoint-format.md).
#pragma once

#include <filesystem>

#include "base/json.h"
#include "supernet/train_supernet.h"

namespace tabjoule {

/// What training must share with a checkpoint to go on from it: space, shape, rows and everything of the options that
/// bears on the result.
[[nodiscard]] Json checkpoint_identity(const Supernet& supernet, const Samples& train, const Samples& validation,
                                       const SupernetOptions& options);

/// A reader sees the old file or the new one, never a part. Errors (internal): no space, no permission.
void write_checkpoint(const std::filesystem::path& file, const Json& identity, const SupernetState& state,
                      const ParameterStore& store);

/// The state, and the weights and moments into `store`, which is left alone on an error. Errors (input): absent,
/// damaged, of another version, or its identity is another one; the message names the member that differs.
[[nodiscard]] SupernetState read_checkpoint(const std::filesystem::path& file, const Json& identity,
                                            ParameterStore& store);

}  // namespace tabjoule
