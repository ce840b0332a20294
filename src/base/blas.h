// The CBLAS calls we use, on strided blocks. BLAS runs on one thread: parallel work is our pool's.
#pragma once

#include <string>
#include <string_view>

#include "base/matrix.h"

namespace tabjoule {

/// Pins the CBLAS in use to one thread; done by every ThreadPool. Idempotent.
void pin_blas_to_one_thread();

/// Instructions that OpenBLAS has code for, of x86-64 processors; the later include the earlier.
enum class VectorCode { sse, avx2, avx512 };

/// What to tell the user of an OpenBLAS that is older than the processor and runs code for another: how to choose
/// faster code. Empty where none is known, and where OPENBLAS_CORETYPE has chosen already.
[[nodiscard]] std::string blas_advice();
/// The same of the code's name, as OpenBLAS tells it, on a processor with these instructions.
[[nodiscard]] std::string blas_advice(std::string_view code, VectorCode processor);

enum class Trans : bool { no, yes };

/// c = alpha op(a) op(b) + beta c. Shapes after op: a (M, K), b (K, N), c (M, N); an empty product is done
/// without a call.
void gemm(Trans ta, Trans tb, float alpha, ConstBlock a, ConstBlock b, float beta, Block c);

}  // namespace tabjoule
