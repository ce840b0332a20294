#include "graph/onnx/external_data.h"

#include <onnx/onnx_pb.h>

#include <charconv>
#include <fstream>
#include <optional>

#include "base/error.h"
#include "graph/one_line.h"
#include "graph/onnx/read_tensor.h"

namespace tabjoule {
namespace {

constexpr std::int64_t kLargestModel = (std::int64_t{1} << 31) - 1;  // bytes that protobuf reads and writes

/// Calls `visit` for every constant of the graph, of its nodes' attributes and of the subgraphs there.
template <class Visit>
void for_each_tensor(onnx::GraphProto& graph, const Visit& visit) {
  for (auto& tensor : *graph.mutable_initializer()) visit(tensor);
  for (auto& node : *graph.mutable_node()) {
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_t()) visit(*attribute.mutable_t());
      for (auto& tensor : *attribute.mutable_tensors()) visit(tensor);
      if (attribute.has_g()) for_each_tensor(*attribute.mutable_g(), visit);
      for (auto& subgraph : *attribute.mutable_graphs()) for_each_tensor(subgraph, visit);
    }
  }
}

/// Where a constant's bytes are, as its file tells.
struct Place {
  std::string location;
  std::int64_t offset = 0;
  std::optional<std::int64_t> length;  ///< to the file's end where nobody says
};

Place place_of(const onnx::TensorProto& tensor) {
  Place place;
  const auto number = [](const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
      fail_input("the place of its values, \"{}\", is no number of bytes", one_line(text));
    return value;
  };
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") place.location = entry.value();
    if (entry.key() == "offset") place.offset = number(entry.value());
    if (entry.key() == "length") place.length = number(entry.value());
  }
  const std::filesystem::path path = std::filesystem::path(place.location).lexically_normal();
  // A model must not make us read any file of the machine.
  if (place.location.empty() || path.is_absolute() || *path.begin() == "..")
    fail_input("the file of its values, \"{}\", does not lie beside the model", one_line(place.location));
  return place;
}

/// Checks that `file` holds `place`, and says how many bytes that is.
std::int64_t size_of(const Place& place, const std::filesystem::path& file) {
  std::error_code unreadable;
  if (!std::filesystem::is_regular_file(file, unreadable))
    fail_input("its values are to lie in \"{}\" beside the model, which is not there; copy it too",
               one_line(place.location));
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file, unreadable));
  if (unreadable) fail_input("its file \"{}\" cannot be read", one_line(place.location));
  const std::int64_t rest = size - place.offset;
  if (rest < 0 || place.length.value_or(0) > rest)
    fail_input("its file \"{}\" has {} bytes, fewer than its place says; copy it again", one_line(place.location),
               size);
  return place.length.value_or(rest);
}

std::string read_part(const Place& place, const std::filesystem::path& file, std::int64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::ifstream in(file, std::ios::binary);
  if (!in || !in.seekg(place.offset) || !in.read(bytes.data(), size))
    fail_input("its file \"{}\" cannot be read", one_line(place.location));
  return bytes;
}

}  // namespace

bool take_in_external_data(onnx::ModelProto& model, const std::filesystem::path& folder, std::int64_t largest) {
  bool changed = false;
  auto total = static_cast<std::int64_t>(model.ByteSizeLong());
  for_each_tensor(*model.mutable_graph(), [&](onnx::TensorProto& tensor) {
    if (!is_external(&tensor)) return;
    with_context(fmt::format("constant \"{}\"", one_line(tensor.name())), [&] {
      const Place place = place_of(tensor);
      const std::filesystem::path file = folder / place.location;
      const std::int64_t size = size_of(place, file);
      if (size > largest) return;
      total += size;
      if (total > kLargestModel) fail_input("the model and the files beside it are larger than 2 GB together");
      tensor.set_raw_data(read_part(place, file, size));
      tensor.clear_external_data();
      tensor.clear_data_location();
      changed = true;
    });
  });
  return changed;
}

}  // namespace tabjoule
