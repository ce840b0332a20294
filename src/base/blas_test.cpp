#include "base/blas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace tabjoule::blas_test {
namespace {

Matrix random_matrix(int rows, int cols, Rng& rng) {
  Matrix m(rows, cols);
  for (Eigen::Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(rng.uniform(-1, 1));
  return m;
}

float at(ConstBlock m, Trans t, int r, int c) { return t == Trans::no ? m.row(r)[c] : m.row(c)[r]; }

TEST(BlasAdvice, NamesFasterCodeWhereTheProcessorHasTheInstructions) {
  using testing::HasSubstr;
  EXPECT_THAT(blas_advice("Prescott", VectorCode::avx512), HasSubstr("OPENBLAS_CORETYPE=SkylakeX"));
  EXPECT_THAT(blas_advice("Zen", VectorCode::avx512), HasSubstr("its Zen code"));
  EXPECT_THAT(blas_advice("Sandybridge", VectorCode::avx2), HasSubstr("OPENBLAS_CORETYPE=Haswell"));
  EXPECT_EQ(blas_advice("Prescott", VectorCode::sse), "");
  EXPECT_EQ(blas_advice("Haswell", VectorCode::avx2), "");
  EXPECT_EQ(blas_advice("SkylakeX", VectorCode::avx512), "");
  EXPECT_EQ(blas_advice("armv8", VectorCode::avx512), "");
}

TEST(Gemm, EqualsThreeLoopsForEveryTranspositionOfStridedBlocks) {
  Rng rng(1);
  for (const auto& [m, n, k] : {std::array{1, 1, 1}, {3, 5, 7}, {17, 4, 33}, {64, 10, 31}, {2, 0, 3}, {4, 3, 0}}) {
    for (const Trans ta : {Trans::no, Trans::yes}) {
      for (const Trans tb : {Trans::no, Trans::yes}) {
        Matrix big_a = random_matrix(70, 70, rng);
        Matrix big_b = random_matrix(70, 70, rng);
        Matrix big_c = random_matrix(70, 70, rng);
        const Matrix before = big_c;
        const ConstBlock a = ta == Trans::no ? block(big_a).top_left(m, k) : block(big_a).top_left(k, m);
        const ConstBlock b = tb == Trans::no ? block(big_b).top_left(k, n) : block(big_b).top_left(n, k);
        gemm(ta, tb, 0.5F, a, b, 2.0F, block(big_c).top_left(m, n));
        for (int r = 0; r < 70; ++r) {
          for (int c = 0; c < 70; ++c) {
            double expected = before(r, c);
            if (r < m && c < n) {
              expected *= 2;
              for (int i = 0; i < k; ++i) expected += 0.5 * at(a, ta, r, i) * at(b, tb, i, c);
            }
            ASSERT_NEAR(big_c(r, c), expected, 1e-5) << m << "x" << n << "x" << k << " at " << r << ", " << c;
          }
        }
      }
    }
  }
}

TEST(Gemm, WithBetaZeroOverwritesWhatIsNotANumber) {
  Matrix a = Matrix::Ones(2, 2);
  Matrix c = Matrix::Constant(2, 2, std::numeric_limits<float>::quiet_NaN());
  gemm(Trans::no, Trans::no, 1, block(a), block(a), 0, block(c));
  EXPECT_EQ(c, Matrix::Constant(2, 2, 2));
}

}  // namespace
}  // namespace tabjoule::blas_test
