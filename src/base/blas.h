// The CBLAS calls we use, on strided blocks. BLAS runs on one thread: parallel work is our pool's.
#pragma once

#include "base/matrix.h"

namespace tabjoule {

/// Pins the CBLAS in use to one thread; done by every ThreadPool. Idempotent.
void pin_blas_to_one_thread();

enum class Trans : bool { no, yes };

/// c = alpha op(a) op(b) + beta c. Shapes after op: a (M, K), b (K, N), c (M, N); an empty product is done
/// without a call.
void gemm(Trans ta, Trans tb, float alpha, ConstBlock a, ConstBlock b, float beta, Block c);

}  // namespace tabjoule
