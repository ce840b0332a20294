#include "predict/output_tile.h"

#include <charconv>

namespace tabjoule {
namespace {

constexpr int kSmallestSide = 8, kLargestSide = 1024;

/// Taken off the beginning of `text`; nothing for what is no side of a tile.
std::optional<int> take_side(std::string_view& text) {
  int side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (error != std::errc() || side < kSmallestSide || side > kLargestSide) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return side;
}

std::optional<OutputTile> tile_at_beginning(std::string_view part) {
  constexpr std::string_view kTensorRt = "tilesize";
  if (part.starts_with(kTensorRt)) part.remove_prefix(kTensorRt.size());
  const auto first = take_side(part);
  if (!first || !part.starts_with('x')) return {};
  part.remove_prefix(1);
  const auto second = take_side(part);
  if (!second) return {};
  return OutputTile{*first, *second};
}

}  // namespace

std::optional<OutputTile> output_tile_of(std::string_view implementation) {
  while (!implementation.empty()) {
    const std::size_t end = implementation.find('_');
    if (const auto tile = tile_at_beginning(implementation.substr(0, end))) return tile;
    if (end == std::string_view::npos) break;
    implementation.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace tabjoule
