// The quantile scale in ONNX operators: z = z_i + (x - x_i) / dx_i * dz_i on the segment i that holds x.
//
// The segment is found by a binary search unrolled over the bits of its number: with S segments (a power of two,
// padded with starts at infinity) log2(S) rounds of Gather, GreaterOrEqual and Where on (B, C) suffice. Summing
// the K - 1 pieces of every column instead would need (B, C, K) values.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "graph/pipeline_parts.h"

namespace tabjoule::pipeline_parts {
namespace {

/// The segments of all features one behind the other, `segments` a feature; flat index feature * segments + i.
struct SegmentTables {
  std::int64_t segments = 1;
  std::vector<double> x, half_x, half_dx, z, dz;  ///< (C * segments): where a segment starts, how far it goes
  std::vector<double> lowest, highest;            ///< (C): first and last knot
  std::vector<std::int64_t> first;                ///< (C): flat index of a feature's first segment
};

/// Widths are halved, so that the distance of two huge knots is finite (as in transform).
void append_segment(SegmentTables& tables, double x, double next_x, double z, double next_z) {
  tables.x.push_back(x);
  tables.half_x.push_back(x / 2);
  tables.half_dx.push_back(next_x / 2 - x / 2);
  tables.z.push_back(z);
  tables.dz.push_back(next_z - z);
}

/// Never entered: no value reaches its start.
void append_padding(SegmentTables& tables) {
  append_segment(tables, std::numeric_limits<double>::max(), 0, 0, 0);
  tables.x.back() = std::numeric_limits<double>::infinity();
}

void append_feature(SegmentTables& tables, const NumericFeature& feature) {
  const auto& x = feature.knots_x;
  const auto& z = feature.knots_z;
  tables.first.push_back(static_cast<std::int64_t>(tables.x.size()));
  tables.lowest.push_back(x.front());
  tables.highest.push_back(x.back());
  for (std::size_t i = 0; i + 1 < x.size(); ++i) append_segment(tables, x[i], x[i + 1], z[i], z[i + 1]);
  if (x.size() == 1) append_segment(tables, x[0], x[0] + 1 + std::abs(x[0]), z[0], z[0]);
  const auto end = static_cast<std::size_t>(tables.first.back() + tables.segments);
  while (tables.x.size() < end) append_padding(tables);
}

SegmentTables tables_of(const std::vector<const NumericFeature*>& features) {
  std::size_t most = 1;
  for (const NumericFeature* feature : features) most = std::max(most, feature->knots_x.size() - 1);
  SegmentTables tables;
  tables.segments = static_cast<std::int64_t>(std::bit_ceil(most));
  for (const NumericFeature* feature : features) append_feature(tables, *feature);
  return tables;
}

/// The flat index, (B, C) int64, of the last segment that starts at or before x; x is not below the first.
std::string add_search(GraphBuilder& builder, const std::string& x, const std::string& starts,
                       const SegmentTables& tables) {
  const auto columns = static_cast<std::int64_t>(tables.first.size());
  std::string found = builder.constant("quantile/first", {1, columns}, tables.first);
  // Turns (1, C) into (B, C) for the tables' Gather where the search has no round at all.
  const std::string zeros = builder.cast(builder.add("Less", {x, x}, "quantile/no"), ElementType::int64, "quantile/0");
  found = builder.add("Add", {zeros, found}, "quantile/start");
  for (std::int64_t step = tables.segments / 2; step >= 1; step /= 2) {
    const std::string steps = builder.constant("quantile/step", {}, std::vector<std::int64_t>{step});
    const std::string candidate = builder.add("Add", {found, steps}, "quantile/candidate");
    const std::string start = builder.add("Gather", {starts, candidate}, "quantile/candidate_start");
    const std::string reached = builder.add("GreaterOrEqual", {x, start}, "quantile/reached");
    found = builder.add("Where", {reached, candidate, found}, "quantile/segment");
  }
  return found;
}

}  // namespace

std::string add_quantile_scale(GraphBuilder& builder, const std::string& values,
                               const std::vector<const NumericFeature*>& features) {
  const SegmentTables tables = tables_of(features);
  const auto columns = static_cast<std::int64_t>(features.size());
  const auto flat = static_cast<std::int64_t>(tables.x.size());
  const std::string lowest = builder.constant("quantile/lowest", {1, columns}, tables.lowest);
  const std::string highest = builder.constant("quantile/highest", {1, columns}, tables.highest);
  const std::string starts = builder.constant("quantile/x", {flat}, tables.x);
  const std::string raised = builder.add("Max", {values, lowest}, "quantile/raised");
  const std::string x = builder.add("Min", {raised, highest}, "quantile/clamped");
  const std::string segment = add_search(builder, x, starts, tables);
  const auto look_up = [&](const std::string& table, const std::string& name) {
    return builder.add("Gather", {table, segment}, "quantile/" + name);
  };
  const std::string x_here = look_up(builder.constant("quantile/half_x", {flat}, tables.half_x), "x_here");
  const std::string dx_here = look_up(builder.constant("quantile/half_dx", {flat}, tables.half_dx), "dx_here");
  const std::string z_here = look_up(builder.constant("quantile/z", {flat}, tables.z), "z_here");
  const std::string dz_here = look_up(builder.constant("quantile/dz", {flat}, tables.dz), "dz_here");
  const std::string half = builder.constant("quantile/half", {}, std::vector<double>{0.5});
  const std::string half_x = builder.add("Mul", {x, half}, "quantile/half_value");
  const std::string distance = builder.add("Sub", {half_x, x_here}, "quantile/distance");
  const std::string part = builder.add("Div", {distance, dx_here}, "quantile/fraction");
  return builder.add("Add", {z_here, builder.add("Mul", {part, dz_here}, "quantile/rise")}, "quantile/scaled");
}

}  // namespace tabjoule::pipeline_parts
