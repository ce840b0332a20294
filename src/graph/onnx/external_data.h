// Constants of a model that lie in files beside it (ONNX external data), as PyTorch's exporter writes them unless told
// otherwise.
#pragma once

#include <cstdint>
#include <filesystem>

namespace onnx {
class ModelProto;
}

namespace tabjoule {

/// Takes the constants stored outside the file into `model`, but for those of more than `largest` bytes, which are only
/// checked for being there. Locations are relative to `folder`. Returns whether any was taken in. Errors (input),
/// naming the constant: its file is missing or too short, or lies outside `folder`; more than 2 GB together, which
/// protobuf cannot hold.
bool take_in_external_data(onnx::ModelProto& model, const std::filesystem::path& folder, std::int64_t largest);

}  // namespace tabjoule
