#include "base/blas.h"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <optional>

#include "base/text.h"

namespace tabjoule {
namespace {

/// Nothing for code that we do not know.
std::optional<VectorCode> instructions_of(const std::string& code) {
  constexpr std::array kAvx512{"skylakex", "cooperlake", "sapphirerapids"};
  constexpr std::array kAvx2{"haswell", "zen", "excavator"};
  constexpr std::array kOlder{"prescott",     "core2",     "penryn",     "dunnington", "nehalem",     "atom",
                              "athlon",       "opteron",   "barcelona",  "bobcat",     "sandybridge", "nano",
                              "opteron_sse3", "bulldozer", "piledriver", "steamroller"};
  const auto among = [&](const auto& names) { return std::find(names.begin(), names.end(), code) != names.end(); };
  if (among(kAvx512)) return VectorCode::avx512;
  if (among(kAvx2)) return VectorCode::avx2;
  if (among(kOlder)) return VectorCode::sse;
  return {};
}

VectorCode instructions_here() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return VectorCode::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return VectorCode::avx2;
#endif
  return VectorCode::sse;
}

}  // namespace

std::string blas_advice(std::string_view code, VectorCode processor) {
  const auto known = instructions_of(lower(code));
  if (!known || *known >= processor) return {};
  return fmt::format(
      "OpenBLAS does not know this processor and runs its {} code; training is faster with "
      "OPENBLAS_CORETYPE={} in the environment",
      code, processor == VectorCode::avx512 ? "SkylakeX" : "Haswell");
}

std::string blas_advice() {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return {};
  return blas_advice(openblas_get_corename(), instructions_here());
}

void pin_blas_to_one_thread() { openblas_set_num_threads(1); }

void gemm(Trans ta, Trans tb, float alpha, ConstBlock a, ConstBlock b, float beta, Block c) {
  const int k = ta == Trans::no ? a.cols : a.rows;
  assert((ta == Trans::no ? a.rows : a.cols) == c.rows);
  assert((tb == Trans::no ? b.cols : b.rows) == c.cols);
  assert((tb == Trans::no ? b.rows : b.cols) == k);
  if (c.rows == 0 || c.cols == 0) return;
  cblas_sgemm(CblasRowMajor, ta == Trans::no ? CblasNoTrans : CblasTrans, tb == Trans::no ? CblasNoTrans : CblasTrans,
              c.rows, c.cols, k, alpha, a.data, a.stride, b.data, b.stride, beta, c.data, c.stride);
}

}  // namespace tabjoule
