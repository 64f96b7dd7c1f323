package dev.gatun.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The product of two matrices, {@code C[M,N] = op(A) op(B) + bias[N]}, or added to C.
 *
 * <p>Each element of C is one chain of fma over ascending k, whatever the number of threads, the
 * vector width and the blocks:
 *
 * <pre>
 *   c = start;  c = fma(a[i][0], b[0][j], c);  c = fma(a[i][1], b[1][j], c);  ...
 *
 *   start = 0, bias[j], C[i][j] or C[i][j] + bias[j], as asked
 * </pre>
 *
 * <p>Only the product of a single row with {@link Layout#NT}, which decoding is made of, sums
 * otherwise: {@code start + dot(a, b[j])} with the dot product of {@link Reductions}, so that it
 * runs at the speed of memory.
 */
public final class Gemm {
  private Gemm() {}

  /**
   * Multiplies. Offsets are in bytes, distances of rows in elements; all matrices are F32,
   * row-major and native. C must not overlap A, B or the bias.
   *
   * @param m rows of C
   * @param n columns of C
   * @param k the length of the sums; with 0, C becomes the start of the chains
   * @param lda the distance of two rows of A as it lies in memory: at least k, or m for TN
   * @param ldb the distance of two rows of B as it lies in memory: at least n, or k for NT
   * @param bias n numbers, or null
   * @param accumulate whether the product is added to C
   * @throws IllegalArgumentException if a size is negative, or a matrix does not fit its segment
   */
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
    Operand left = new Operand(Objects.requireNonNull(a, "a"), aOffset, lda, layout != Layout.TN);
    Operand right = new Operand(Objects.requireNonNull(b, "b"), bOffset, ldb, layout == Layout.NT);
    run(layout, m, n, k, left, right, new Target(bias, biasOffset, c, cOffset, ldc, accumulate));
  }

  /**
   * Multiplies with weights as they are stored: {@code C[M,N] = A op(B) + bias[N]} in layout NN or
   * NT, or added to C. The bits are those of the product with the unpacked weights.
   *
   * @param a [M, K] in F32
   * @param b [K, N], or [N, K] for NT
   * @param bias N numbers, or null
   * @param c [M, N]
   */
  public static void run(
      Layout layout,
      int m,
      int n,
      int k,
      MemorySegment a,
      StoredMatrix b,
      @Nullable MemorySegment bias,
      MemorySegment c,
      boolean accumulate) {
    if (layout == Layout.TN) {
      throw new IllegalArgumentException("stored weights are no factor of layout TN");
    }
    Operand left = new Operand(Objects.requireNonNull(a, "a"), 0, k, true);
    Operand right = Operand.of(b, layout == Layout.NT);
    run(layout, m, n, k, left, right, new Target(bias, 0, c, 0, n, accumulate));
  }

  private static void run(
      Layout layout, int m, int n, int k, Operand left, Operand right, Target target) {
    if (m < 0 || n < 0 || k < 0) {
      throw new IllegalArgumentException(
          "sizes cannot be negative: " + layout + " with m=" + m + ", n=" + n + ", k=" + k);
    }
    left.check("A", m, k);
    right.check("B", n, k);
    target.check(m, n);
    if (m == 0 || n == 0) {
      return;
    }
    if (m == 1 && layout == Layout.NT) {
      Gemv.dots(n, k, left, right, target);
    } else {
      new Product(k, left, right, target).run(m, n);
    }
  }
}
