#include "predict/terms.h"

#include <algorithm>
#include <cmath>

namespace tabjoule {
namespace {

// Weights beyond this no longer stay in a core's own cache between two runs. A round figure between the 0.5 to
// 2 MB of second-level cache that cores have; the weight of the term is fitted, and may be 0.
constexpr double kCoreCacheBytes = 1 << 20;
// Matrix code computes whole vectors of outputs: 16 floats, an AVX-512 register or two AVX ones.
constexpr double kVectorFloats = 16;
// Rows that matrix code takes through the weights in one pass (MLAS: up to 12 with AVX-512, 6 with AVX2).
constexpr double kRowsPerPass = 6;

constexpr int kLinearTerms = 7;
constexpr int kOtherTerms = 6;
constexpr std::size_t kVariantMinimum = 3;

double round_up(double value, double step) { return std::ceil(value / step) * step; }

void write_linear(const KernelKey& key, std::span<double> terms) {
  const auto m = static_cast<double>(key.shape[0]);
  const auto n = static_cast<double>(key.shape[1]);
  const auto k = static_cast<double>(key.shape[2]);
  terms[0] = 1;
  terms[1] = 2 * m * round_up(n, kVectorFloats) * k;
  terms[2] = 4 * k * n;                                // weights read once
  terms[3] = 4 * k * n * std::ceil(m / kRowsPerPass);  // weights read once a pass
  terms[4] = std::max(0.0, 4 * k * n - kCoreCacheBytes);
  terms[5] = 4 * m * k;
  terms[6] = 4 * m * n;
}

void write_other(const KernelKey& key, std::span<double> terms) {
  const KernelWork work = work_of(key);
  terms[0] = 1;
  terms[1] = work.flops;
  terms[2] = work.bytes_read;
  terms[3] = work.bytes_written;
  terms[4] = std::max(0.0, work.bytes_read + work.bytes_written - kCoreCacheBytes);
  terms[5] = key.shape.empty() ? 0 : static_cast<double>(key.shape[0]);  // rows: a loop's fixed cost
}

}  // namespace

Terms::Terms(KernelType type, std::span<const KernelKey> keys) : type_(type) {
  for (const KernelKey& key : keys) seen_.push_back(key.variant);
  std::sort(seen_.begin(), seen_.end());
  for (auto first = seen_.begin(); first != seen_.end();) {
    const auto last = std::upper_bound(first, seen_.end(), *first);
    // A plain kernel is what the common terms describe.
    if (!first->empty() && static_cast<std::size_t>(last - first) >= kVariantMinimum) variants_.push_back(*first);
    first = last;
  }
  seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
}

int Terms::count() const {
  return (type_ == KernelType::linear ? kLinearTerms : kOtherTerms) + static_cast<int>(variants_.size());
}

void Terms::write(const KernelKey& key, std::span<double> terms) const {
  const bool linear = type_ == KernelType::linear;
  linear ? write_linear(key, terms) : write_other(key, terms);
  std::size_t next = linear ? kLinearTerms : kOtherTerms;
  const double written = linear ? terms[6] : terms[3];
  for (const std::string& variant : variants_) terms[next++] = key.variant == variant ? written : 0;
}

std::vector<float> Terms::features(const KernelKey& key) const {
  const KernelWork work = work_of(key);
  std::vector<float> features;
  features.reserve(key.shape.size() + 4);
  for (const std::int64_t size : key.shape) features.push_back(std::log2(1 + static_cast<float>(size)));
  features.push_back(static_cast<float>(std::log2(1 + work.flops)));
  features.push_back(static_cast<float>(std::log2(1 + work.bytes_read + work.bytes_written)));
  if (type_ == KernelType::linear) features.push_back(static_cast<float>(key.shape[1] % 16));
  const auto place = std::lower_bound(seen_.begin(), seen_.end(), key.variant);
  features.push_back(static_cast<float>(place - seen_.begin()));
  return features;
}

bool Terms::knows_variant(const std::string& variant) const {
  return std::binary_search(seen_.begin(), seen_.end(), variant);
}

}  // namespace tabjoule
