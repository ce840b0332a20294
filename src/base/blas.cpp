#include "base/blas.h"

#include <cblas.h>

#include <cassert>

namespace tabjoule {

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
