package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The product of two small matrices in Java arrays, eight rows at a time: what an operation that
 * works in tiles needs between its other steps. Large products in native memory are {@link Gemm}.
 *
 * <p>Each element of C is one chain of fma over ascending p, which continues from the element's old
 * value, so its bits depend neither on the vector width nor on where a range of p is cut.
 *
 * <p>Arrays rather than native memory, because the kernels hold many values in registers, and the
 * first compiler stage gives up on that many native loads in one method. A is read either along its
 * rows or along its columns, by kernels of their own: with a step that is a constant the compiler
 * takes the bounds checks of A out of the loop, which makes them half as fast again (measured).
 */
public final class TileProduct {
  /** The number of rows of A and C in one call. */
  public static final int ROWS = 8;

  /** The number of columns of B and C is a multiple of this. */
  public static final int COLUMNS = 32;

  /** Elements from one row to the next of a matrix that is read by columns. */
  public static final int STRIDE = 64;

  private TileProduct() {}

  /**
   * {@code C[r][c] = (C[r][c] or 0) + Σ_p A[r][p]·B[p][c]} for 8 rows, n columns and {@code from <=
   * p < to}.
   *
   * @param aOffset where A[0][0] is
   * @param lda elements from one row of A to the next
   * @param ldb elements from one row of B to the next
   * @param ldc elements from one row of C to the next
   * @param n columns, a multiple of {@link #COLUMNS}
   * @param accumulate whether the chains continue from C, or begin at 0
   */
  public static void rows(
      float[] a,
      int aOffset,
      int lda,
      float[] b,
      int bOffset,
      int ldb,
      float[] c,
      int cOffset,
      int ldc,
      int n,
      int from,
      int to,
      boolean accumulate) {
    for (int j = 0; j < n; j += 2 * LENGTH) {
      if (LENGTH == 16) {
        rows8(a, aOffset, lda, b, bOffset + j, ldb, c, cOffset + j, ldc, from, to, accumulate);
      } else {
        int a4 = aOffset + 4 * lda;
        int c4 = cOffset + 4 * ldc + j;
        rows4(a, aOffset, lda, b, bOffset + j, ldb, c, cOffset + j, ldc, from, to, accumulate);
        rows4(a, a4, lda, b, bOffset + j, ldb, c, c4, ldc, from, to, accumulate);
      }
    }
  }

  /**
   * The same with A stored as its transpose: {@code C[r][c] = (C[r][c] or 0) + Σ_p A[p][r]·B[p][c]}
   * where the rows of A are {@link #STRIDE} apart.
   *
   * @param aOffset where A[0][0] is
   * @param ldb elements from one row of B to the next
   * @param ldc elements from one row of C to the next
   * @param n columns, a multiple of {@link #COLUMNS}
   * @param accumulate whether the chains continue from C, or begin at 0
   */
  public static void columns(
      float[] a,
      int aOffset,
      float[] b,
      int bOffset,
      int ldb,
      float[] c,
      int cOffset,
      int ldc,
      int n,
      int from,
      int to,
      boolean accumulate) {
    for (int j = 0; j < n; j += 2 * LENGTH) {
      if (LENGTH == 16) {
        columns8(a, aOffset, b, bOffset + j, ldb, c, cOffset + j, ldc, from, to, accumulate);
      } else {
        int c4 = cOffset + 4 * ldc + j;
        columns4(a, aOffset, b, bOffset + j, ldb, c, cOffset + j, ldc, from, to, accumulate);
        columns4(a, aOffset + 4, b, bOffset + j, ldb, c, c4, ldc, from, to, accumulate);
      }
    }
  }

  /** Sixteen accumulators of the 32 registers that 512 bits come with. */
  private static void rows8(
      float[] a,
      int aOffset,
      int lda,
      float[] b,
      int bOffset,
      int ldb,
      float[] c,
      int cOffset,
      int ldc,
      int from,
      int to,
      boolean accumulate) {
    FloatVector c00 = start(c, cOffset, accumulate);
    FloatVector c01 = start(c, cOffset + LENGTH, accumulate);
    FloatVector c10 = start(c, cOffset + ldc, accumulate);
    FloatVector c11 = start(c, cOffset + ldc + LENGTH, accumulate);
    FloatVector c20 = start(c, cOffset + 2 * ldc, accumulate);
    FloatVector c21 = start(c, cOffset + 2 * ldc + LENGTH, accumulate);
    FloatVector c30 = start(c, cOffset + 3 * ldc, accumulate);
    FloatVector c31 = start(c, cOffset + 3 * ldc + LENGTH, accumulate);
    FloatVector c40 = start(c, cOffset + 4 * ldc, accumulate);
    FloatVector c41 = start(c, cOffset + 4 * ldc + LENGTH, accumulate);
    FloatVector c50 = start(c, cOffset + 5 * ldc, accumulate);
    FloatVector c51 = start(c, cOffset + 5 * ldc + LENGTH, accumulate);
    FloatVector c60 = start(c, cOffset + 6 * ldc, accumulate);
    FloatVector c61 = start(c, cOffset + 6 * ldc + LENGTH, accumulate);
    FloatVector c70 = start(c, cOffset + 7 * ldc, accumulate);
    FloatVector c71 = start(c, cOffset + 7 * ldc + LENGTH, accumulate);
    for (int p = from; p < to; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb + LENGTH);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aOffset + p]);
      c00 = b0.fma(a0, c00);
      c01 = b1.fma(a0, c01);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aOffset + lda + p]);
      c10 = b0.fma(a1, c10);
      c11 = b1.fma(a1, c11);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aOffset + 2 * lda + p]);
      c20 = b0.fma(a2, c20);
      c21 = b1.fma(a2, c21);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aOffset + 3 * lda + p]);
      c30 = b0.fma(a3, c30);
      c31 = b1.fma(a3, c31);
      FloatVector a4 = FloatVector.broadcast(SPECIES, a[aOffset + 4 * lda + p]);
      c40 = b0.fma(a4, c40);
      c41 = b1.fma(a4, c41);
      FloatVector a5 = FloatVector.broadcast(SPECIES, a[aOffset + 5 * lda + p]);
      c50 = b0.fma(a5, c50);
      c51 = b1.fma(a5, c51);
      FloatVector a6 = FloatVector.broadcast(SPECIES, a[aOffset + 6 * lda + p]);
      c60 = b0.fma(a6, c60);
      c61 = b1.fma(a6, c61);
      FloatVector a7 = FloatVector.broadcast(SPECIES, a[aOffset + 7 * lda + p]);
      c70 = b0.fma(a7, c70);
      c71 = b1.fma(a7, c71);
    }
    c00.intoArray(c, cOffset);
    c01.intoArray(c, cOffset + LENGTH);
    c10.intoArray(c, cOffset + ldc);
    c11.intoArray(c, cOffset + ldc + LENGTH);
    c20.intoArray(c, cOffset + 2 * ldc);
    c21.intoArray(c, cOffset + 2 * ldc + LENGTH);
    c30.intoArray(c, cOffset + 3 * ldc);
    c31.intoArray(c, cOffset + 3 * ldc + LENGTH);
    c40.intoArray(c, cOffset + 4 * ldc);
    c41.intoArray(c, cOffset + 4 * ldc + LENGTH);
    c50.intoArray(c, cOffset + 5 * ldc);
    c51.intoArray(c, cOffset + 5 * ldc + LENGTH);
    c60.intoArray(c, cOffset + 6 * ldc);
    c61.intoArray(c, cOffset + 6 * ldc + LENGTH);
    c70.intoArray(c, cOffset + 7 * ldc);
    c71.intoArray(c, cOffset + 7 * ldc + LENGTH);
  }

  /** Eight accumulators: more do not fit beside the operands into 16 registers. */
  private static void rows4(
      float[] a,
      int aOffset,
      int lda,
      float[] b,
      int bOffset,
      int ldb,
      float[] c,
      int cOffset,
      int ldc,
      int from,
      int to,
      boolean accumulate) {
    FloatVector c00 = start(c, cOffset, accumulate);
    FloatVector c01 = start(c, cOffset + LENGTH, accumulate);
    FloatVector c10 = start(c, cOffset + ldc, accumulate);
    FloatVector c11 = start(c, cOffset + ldc + LENGTH, accumulate);
    FloatVector c20 = start(c, cOffset + 2 * ldc, accumulate);
    FloatVector c21 = start(c, cOffset + 2 * ldc + LENGTH, accumulate);
    FloatVector c30 = start(c, cOffset + 3 * ldc, accumulate);
    FloatVector c31 = start(c, cOffset + 3 * ldc + LENGTH, accumulate);
    for (int p = from; p < to; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb + LENGTH);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aOffset + p]);
      c00 = b0.fma(a0, c00);
      c01 = b1.fma(a0, c01);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aOffset + lda + p]);
      c10 = b0.fma(a1, c10);
      c11 = b1.fma(a1, c11);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aOffset + 2 * lda + p]);
      c20 = b0.fma(a2, c20);
      c21 = b1.fma(a2, c21);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aOffset + 3 * lda + p]);
      c30 = b0.fma(a3, c30);
      c31 = b1.fma(a3, c31);
    }
    c00.intoArray(c, cOffset);
    c01.intoArray(c, cOffset + LENGTH);
    c10.intoArray(c, cOffset + ldc);
    c11.intoArray(c, cOffset + ldc + LENGTH);
    c20.intoArray(c, cOffset + 2 * ldc);
    c21.intoArray(c, cOffset + 2 * ldc + LENGTH);
    c30.intoArray(c, cOffset + 3 * ldc);
    c31.intoArray(c, cOffset + 3 * ldc + LENGTH);
  }

  /** See {@link #rows8}. */
  private static void columns8(
      float[] a,
      int aOffset,
      float[] b,
      int bOffset,
      int ldb,
      float[] c,
      int cOffset,
      int ldc,
      int from,
      int to,
      boolean accumulate) {
    FloatVector c00 = start(c, cOffset, accumulate);
    FloatVector c01 = start(c, cOffset + LENGTH, accumulate);
    FloatVector c10 = start(c, cOffset + ldc, accumulate);
    FloatVector c11 = start(c, cOffset + ldc + LENGTH, accumulate);
    FloatVector c20 = start(c, cOffset + 2 * ldc, accumulate);
    FloatVector c21 = start(c, cOffset + 2 * ldc + LENGTH, accumulate);
    FloatVector c30 = start(c, cOffset + 3 * ldc, accumulate);
    FloatVector c31 = start(c, cOffset + 3 * ldc + LENGTH, accumulate);
    FloatVector c40 = start(c, cOffset + 4 * ldc, accumulate);
    FloatVector c41 = start(c, cOffset + 4 * ldc + LENGTH, accumulate);
    FloatVector c50 = start(c, cOffset + 5 * ldc, accumulate);
    FloatVector c51 = start(c, cOffset + 5 * ldc + LENGTH, accumulate);
    FloatVector c60 = start(c, cOffset + 6 * ldc, accumulate);
    FloatVector c61 = start(c, cOffset + 6 * ldc + LENGTH, accumulate);
    FloatVector c70 = start(c, cOffset + 7 * ldc, accumulate);
    FloatVector c71 = start(c, cOffset + 7 * ldc + LENGTH, accumulate);
    for (int p = from; p < to; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb + LENGTH);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE]);
      c00 = b0.fma(a0, c00);
      c01 = b1.fma(a0, c01);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 1]);
      c10 = b0.fma(a1, c10);
      c11 = b1.fma(a1, c11);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 2]);
      c20 = b0.fma(a2, c20);
      c21 = b1.fma(a2, c21);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 3]);
      c30 = b0.fma(a3, c30);
      c31 = b1.fma(a3, c31);
      FloatVector a4 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 4]);
      c40 = b0.fma(a4, c40);
      c41 = b1.fma(a4, c41);
      FloatVector a5 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 5]);
      c50 = b0.fma(a5, c50);
      c51 = b1.fma(a5, c51);
      FloatVector a6 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 6]);
      c60 = b0.fma(a6, c60);
      c61 = b1.fma(a6, c61);
      FloatVector a7 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 7]);
      c70 = b0.fma(a7, c70);
      c71 = b1.fma(a7, c71);
    }
    c00.intoArray(c, cOffset);
    c01.intoArray(c, cOffset + LENGTH);
    c10.intoArray(c, cOffset + ldc);
    c11.intoArray(c, cOffset + ldc + LENGTH);
    c20.intoArray(c, cOffset + 2 * ldc);
    c21.intoArray(c, cOffset + 2 * ldc + LENGTH);
    c30.intoArray(c, cOffset + 3 * ldc);
    c31.intoArray(c, cOffset + 3 * ldc + LENGTH);
    c40.intoArray(c, cOffset + 4 * ldc);
    c41.intoArray(c, cOffset + 4 * ldc + LENGTH);
    c50.intoArray(c, cOffset + 5 * ldc);
    c51.intoArray(c, cOffset + 5 * ldc + LENGTH);
    c60.intoArray(c, cOffset + 6 * ldc);
    c61.intoArray(c, cOffset + 6 * ldc + LENGTH);
    c70.intoArray(c, cOffset + 7 * ldc);
    c71.intoArray(c, cOffset + 7 * ldc + LENGTH);
  }

  /** See {@link #rows4}. */
  private static void columns4(
      float[] a,
      int aOffset,
      float[] b,
      int bOffset,
      int ldb,
      float[] c,
      int cOffset,
      int ldc,
      int from,
      int to,
      boolean accumulate) {
    FloatVector c00 = start(c, cOffset, accumulate);
    FloatVector c01 = start(c, cOffset + LENGTH, accumulate);
    FloatVector c10 = start(c, cOffset + ldc, accumulate);
    FloatVector c11 = start(c, cOffset + ldc + LENGTH, accumulate);
    FloatVector c20 = start(c, cOffset + 2 * ldc, accumulate);
    FloatVector c21 = start(c, cOffset + 2 * ldc + LENGTH, accumulate);
    FloatVector c30 = start(c, cOffset + 3 * ldc, accumulate);
    FloatVector c31 = start(c, cOffset + 3 * ldc + LENGTH, accumulate);
    for (int p = from; p < to; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb + LENGTH);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE]);
      c00 = b0.fma(a0, c00);
      c01 = b1.fma(a0, c01);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 1]);
      c10 = b0.fma(a1, c10);
      c11 = b1.fma(a1, c11);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 2]);
      c20 = b0.fma(a2, c20);
      c21 = b1.fma(a2, c21);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aOffset + p * STRIDE + 3]);
      c30 = b0.fma(a3, c30);
      c31 = b1.fma(a3, c31);
    }
    c00.intoArray(c, cOffset);
    c01.intoArray(c, cOffset + LENGTH);
    c10.intoArray(c, cOffset + ldc);
    c11.intoArray(c, cOffset + ldc + LENGTH);
    c20.intoArray(c, cOffset + 2 * ldc);
    c21.intoArray(c, cOffset + 2 * ldc + LENGTH);
    c30.intoArray(c, cOffset + 3 * ldc);
    c31.intoArray(c, cOffset + 3 * ldc + LENGTH);
  }

  private static FloatVector start(float[] c, int offset, boolean accumulate) {
    return accumulate ? FloatVector.fromArray(SPECIES, c, offset) : FloatVector.zero(SPECIES);
  }
}
