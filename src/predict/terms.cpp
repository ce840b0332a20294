#include "predict/terms.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "predict/product_shape.h"

namespace tabjoule {
namespace {

// Weights beyond this no longer stay in a core's own cache between two runs. A round figure between the 0.5 to
// 2 MB of second-level cache that cores have; the weight of the term is fitted, and may be 0.
constexpr double kCoreCacheBytes = 1 << 20;
constexpr double kDeviceCacheBytes = 4 << 20;  // last-level cache of embedded GPUs and phones
constexpr double kServerCacheBytes = 50e6;     // and of servers' GPUs
// Matrix code computes whole vectors of outputs: 16 floats, an AVX-512 register or two AVX ones.
constexpr double kVectorFloats = 16;
// Rows that matrix code takes through the weights in one pass (MLAS: up to 12 with AVX-512, 6 with AVX2; XNNPACK: 4 to
// 8), by outputs: the blocks a core keeps in registers.
constexpr std::pair<double, double> kBlocks[] = {{4, 8}, {6, 16}, {8, 8}, {12, 8}};
// Tiles of the output that GPU libraries compute per thread block, rows by columns (CUTLASS, cuBLAS).
constexpr std::pair<double, double> kTiles[] = {{128, 128}, {64, 64}, {256, 128}, {64, 128}, {128, 256}};
constexpr double kTileEdges[] = {64, 128, 256};

constexpr std::size_t kVariantMinimum = 3;
constexpr std::size_t kMostVariants = 32;

double over(double value, double step) { return std::ceil(value / step); }
double beyond(double bytes, double cache_bytes) { return std::max(0.0, bytes - cache_bytes); }

/// Appends to a span of fixed length, or only counts where it is empty.
class Writer {
 public:
  explicit Writer(std::span<double> terms) : terms_(terms) {}
  void add(double value) {
    if (!terms_.empty()) terms_[count_] = value;
    ++count_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::span<double> terms_;
  std::size_t count_ = 0;
};

/// Tiles dealt out to `processors` at a time: the last wave costs as much as a full one. Terms::few_count counts these.
void write_waves(const ProductShape& p, double processors, Writer& out) {
  for (const auto& [rows, columns] : kTiles) {
    const double tiles = p.batch * over(p.m, rows) * over(p.n, columns);
    out.add(over(tiles, processors) * processors * rows * columns * p.k);
    out.add(tiles * (rows + columns) * p.k);  // operands that each tile reads
  }
}

/// What else tiles may cost.
void write_tiles(const ProductShape& p, double processors, Writer& out) {
  for (const auto& [rows, columns] : kTiles) {
    const double tiles = p.batch * over(p.m, rows) * over(p.n, columns);
    const double waves = over(tiles, processors);
    out.add(tiles * rows * columns * p.k);
    out.add(waves);
    out.add(tiles);
    out.add(waves * (rows + columns) * p.k);
  }
  for (const double edge : kTileEdges) {
    out.add(p.batch * p.n * p.k * over(p.m, edge));
    out.add(p.batch * p.m * p.k * over(p.n, edge));
  }
  out.add(p.k);
}

/// Of the types that have one, else 0.
double run_of(const KernelKey& key) {
  const auto& columns = kernel_columns(key.type);
  return !columns.empty() && columns.back() == "run" ? static_cast<double>(key.shape.back()) : 0;
}

/// Register blocks of a core. One row is a product of matrix and vector: no blocks, each weight used once.
void write_blocks(const ProductShape& p, Writer& out) {
  const bool vector = p.m <= 1;
  const double weights = p.batch * p.n * p.k;
  for (const auto& [rows, columns] : kBlocks) {
    const double passes = vector ? 0 : over(p.m, rows);
    out.add(p.batch * passes * rows * over(p.n, columns) * columns * p.k);
    out.add(passes * weights);
  }
  const double outside = beyond(p.element_bytes * weights, kCoreCacheBytes / 2);
  out.add(vector ? 0 : outside * over(p.m, 8));
  out.add(vector ? 0 : p.batch * over(p.m, 8) * over(p.n, 8));
  out.add(vector ? 0 : 1);
  out.add(p.batch * over(p.n, kVectorFloats) * kVectorFloats * p.m * p.k);
  out.add(p.batch * p.m * p.k);
  out.add(p.window > 1 ? p.batch * p.m * p.k : 0);
  out.add(p.window > 1 ? p.batch * p.m * p.n * p.k : 0);
  out.add(p.window > 3 ? p.batch * p.m * p.n * p.k : 0);
}

void write_product(const ProductShape& p, int processors, Writer& out) {
  const double weights_bytes = p.element_bytes * p.batch * p.n * p.k;
  const double input_bytes = p.element_bytes * p.input_elements;
  const double output_bytes = p.element_bytes * p.batch * p.m * p.n;
  out.add(1);
  out.add(p.batch * p.m * p.n * p.k);
  out.add(weights_bytes);
  out.add(input_bytes);
  out.add(output_bytes);
  if (processors > 0) write_waves(p, processors, out);
  out.add(beyond(weights_bytes, kCoreCacheBytes / 2));
  out.add(beyond(weights_bytes, kCoreCacheBytes));
  out.add(beyond(input_bytes, kCoreCacheBytes / 2));
  out.add(beyond(input_bytes + weights_bytes, kDeviceCacheBytes));
  out.add(beyond(weights_bytes, kDeviceCacheBytes) * over(p.m, 256));
  out.add(beyond(input_bytes + weights_bytes + output_bytes, kServerCacheBytes));
  processors > 0 ? write_tiles(p, processors, out) : write_blocks(p, out);
}

void write_attention(const KernelKey& key, int processors, Writer& out) {
  const std::vector<double> at(key.shape.begin(), key.shape.end());
  const double heads = at[0] * at[1], queries = at[2], keys = at[3], width = at[4], kv_heads = at[0] * at[5];
  const bool causal = key.variant.find("causal") != std::string::npos;
  const double pairs = heads * queries * keys * (causal ? 0.5 : 1);
  const double bytes = bytes_of(key.dtype);
  const double blocks = heads * over(queries, 128);
  out.add(1);
  out.add(heads * queries * keys * width);
  out.add(pairs * width);
  out.add(pairs);
  out.add(bytes * heads * queries * width);
  out.add(bytes * kv_heads * keys * width);
  out.add(bytes * heads * keys * width * over(queries, 128));
  if (processors == 0) return;
  out.add(over(blocks, processors) * pairs / heads / queries * width);
  out.add(over(blocks, processors) * pairs / heads / queries);
}

void write_other(const KernelKey& key, int processors, Writer& out) {
  const KernelWork work = work_of(key);
  const double rows = key.shape.empty() ? 0 : static_cast<double>(key.shape[0]);
  const double bytes = work.bytes_read + work.bytes_written;
  out.add(1);
  out.add(work.flops);
  out.add(work.bytes_read);
  out.add(work.bytes_written);
  out.add(beyond(bytes, kCoreCacheBytes));
  out.add(beyond(bytes, kDeviceCacheBytes));
  out.add(rows);  // a loop's fixed cost
  const double run = run_of(key);
  if (key.shape.size() > (run > 0 ? 2 : 1)) out.add(static_cast<double>(key.shape[1]));
  if (run > 0) out.add(rows / run);  // each run begins a loop
  if (processors == 0 || rows == 0) return;
  for (const double blocks : {1.0, 4.0}) out.add(over(rows, blocks * processors) * bytes / rows);
}

std::size_t write_common(const KernelKey& key, int processors, std::span<double> terms) {
  Writer out(terms);
  if (const auto product = product_shape(key))
    write_product(*product, processors, out);
  else if (key.type == KernelType::attention)
    write_attention(key, processors, out);
  else
    write_other(key, processors, out);
  return out.count();
}

/// A kernel of the type: how many terms there are does not depend on its sizes.
KernelKey smallest(KernelType type) { return {type, std::vector<std::int64_t>(kernel_columns(type).size(), 1), ""}; }

float log_feature(double value) { return static_cast<float>(std::log2(std::max(1.0, value))); }

/// How much more than the work there is in whole blocks of it, as a logarithm.
float waste(double value, double step) { return static_cast<float>(std::log2(over(value, step) * step / value)); }

void append_product_features(const ProductShape& p, int processors, std::vector<float>& features) {
  for (const double value : {p.m, p.n, p.k, p.n * p.k, p.m * p.n, p.m * p.k, p.input_elements})
    features.push_back(log_feature(value));
  features.push_back(waste(p.n, 16));
  features.push_back(waste(p.n, 8));
  features.push_back(waste(p.m, 8));
  features.push_back(waste(p.k, 4));
  features.push_back(p.m <= 1 ? 1 : 0);
  if (processors == 0) return;
  features.push_back(waste(p.m, 256));
  for (const auto& [rows, columns] : kTiles) {
    const double tiles = p.batch * over(p.m, rows) * over(p.n, columns);
    const double computed = over(tiles, processors) * processors * rows * columns;
    features.push_back(static_cast<float>(std::log2(computed / (p.batch * p.m * p.n))));
  }
}

}  // namespace

Terms::Terms(KernelType type, std::span<const KernelKey> keys, int processors) : type_(type), processors_(processors) {
  for (const KernelKey& key : keys) seen_.push_back(key.variant);
  std::sort(seen_.begin(), seen_.end());
  for (auto first = seen_.begin(); first != seen_.end();) {
    const auto last = std::upper_bound(first, seen_.end(), *first);
    // A plain kernel is what the common terms describe.
    if (!first->empty() && static_cast<std::size_t>(last - first) >= kVariantMinimum &&
        variants_.size() < kMostVariants)
      variants_.push_back(*first);
    first = last;
  }
  seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
  count_ = static_cast<int>(write_common(smallest(type), processors, {}) + variants_.size());
}

int Terms::plain_count() const {
  if (type_ == KernelType::attention) return 6;
  return product_shape(smallest(type_)) ? 5 : 4;
}

int Terms::few_count() const {
  if (processors_ == 0 || !product_shape(smallest(type_))) return count_;
  return plain_count() + 2 * static_cast<int>(std::size(kTiles));
}

void Terms::write(const KernelKey& key, std::span<double> terms) const {
  std::size_t next = write_common(key, processors_, terms);
  const double written = variants_.empty() ? 0 : work_of(key).bytes_written;
  for (const std::string& variant : variants_) terms[next++] = key.variant == variant ? written : 0;
}

std::vector<float> Terms::features(const KernelKey& key) const {
  const KernelWork work = work_of(key);
  const double bytes = work.bytes_read + work.bytes_written;
  std::vector<float> features;
  features.reserve(key.shape.size() + 24);
  for (const std::int64_t size : key.shape) features.push_back(log_feature(1 + static_cast<double>(size)));
  features.push_back(log_feature(1 + work.flops));
  features.push_back(log_feature(1 + bytes));
  features.push_back(static_cast<float>(std::log2((1 + work.flops) / (1 + bytes))));
  if (const auto product = product_shape(key)) {
    append_product_features(*product, processors_, features);
  } else if (processors_ > 0 && !key.shape.empty()) {
    const auto rows = static_cast<double>(key.shape[0]);
    features.push_back(waste(rows, processors_));
    if (type_ == KernelType::attention) {
      const auto blocks =
          static_cast<double>(key.shape[0] * key.shape[1]) * over(static_cast<double>(key.shape[2]), 128);
      features.push_back(waste(blocks, processors_));
    }
  }
  const auto place = std::lower_bound(seen_.begin(), seen_.end(), key.variant);
  features.push_back(static_cast<float>(place - seen_.begin()));
  return features;
}

bool Terms::knows_variant(const std::string& variant) const {
  return std::binary_search(seen_.begin(), seen_.end(), variant);
}

}  // namespace tabjoule
