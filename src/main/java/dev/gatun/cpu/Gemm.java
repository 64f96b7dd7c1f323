package dev.gatun.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** The matrix product by its definition: one chain of fma over ascending k for each element. */
public final class Gemm {
  private Gemm() {}

  /** {@code C[M,N] = op(A)·op(B) (+ bias) (+ C)}; offsets in bytes, leading sizes in elements. */
  public static void run(
      Layout layout,
      int m,
      int n,
      int k,
      MemorySegment a,
      long aOffset,
      int lda,
      MemorySegment b,
      long bOffset,
      int ldb,
      @Nullable MemorySegment bias,
      long biasOffset,
      MemorySegment c,
      long cOffset,
      int ldc,
      boolean accumulate) {
    Parallel.range(
        0,
        m,
        4,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            for (int j = 0; j < n; j++) {
              float sum = accumulate ? at(c, cOffset, (long) i * ldc + j) : 0;
              for (int p = 0; p < k; p++) {
                float x =
                    at(a, aOffset, layout == Layout.TN ? (long) p * lda + i : (long) i * lda + p);
                float y =
                    at(b, bOffset, layout == Layout.NT ? (long) j * ldb + p : (long) p * ldb + j);
                sum = Math.fma(x, y, sum);
              }
              sum += bias == null ? 0 : at(bias, biasOffset, j);
              c.set(ValueLayout.JAVA_FLOAT, cOffset + 4 * ((long) i * ldc + j), sum);
            }
          }
        });
  }

  private static float at(MemorySegment x, long offset, long index) {
    return x.get(ValueLayout.JAVA_FLOAT, offset + 4 * index);
  }
}
