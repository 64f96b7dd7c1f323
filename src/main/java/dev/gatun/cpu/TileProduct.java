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
 * first compiler stage gives up on that many native loads in one method.
 */
public final class TileProduct {
  /** The number of rows of A and C in one call. */
  public static final int ROWS = 8;

  /** The number of columns of B and C is a multiple of this. */
  public static final int COLUMNS = 16;

  private TileProduct() {}

  /**
   * {@code C[r][c] = (C[r][c] or 0) + Σ_p A[r][p]·B[p][c]} for 8 rows, n columns and {@code from <=
   * p < to}.
   *
   * @param aOffset where A[0][0] is; A[r][p] is at {@code aOffset + r·aRow + p·aStep}
   * @param ldb elements from one row of B to the next
   * @param ldc elements from one row of C to the next
   * @param n columns, a multiple of {@link #COLUMNS}
   * @param accumulate whether the chains continue from C, or begin at 0
   */
  public static void run(
      float[] a,
      int aOffset,
      int aRow,
      int aStep,
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
    int j = 0;
    if (LENGTH == 16) {
      for (; j <= n - 2 * LENGTH; j += 2 * LENGTH) {
        eightByTwo(
            a,
            aOffset,
            aRow,
            aStep,
            b,
            bOffset + j,
            ldb,
            c,
            cOffset + j,
            ldc,
            from,
            to,
            accumulate);
      }
      if (j < n) {
        eightByOne(
            a,
            aOffset,
            aRow,
            aStep,
            b,
            bOffset + j,
            ldb,
            c,
            cOffset + j,
            ldc,
            from,
            to,
            accumulate);
      }
      return;
    }
    for (; j < n; j += 2 * LENGTH) {
      for (int r = 0; r < ROWS; r += 4) {
        fourByTwo(
            a,
            aOffset + r * aRow,
            aRow,
            aStep,
            b,
            bOffset + j,
            ldb,
            c,
            cOffset + r * ldc + j,
            ldc,
            from,
            to,
            accumulate);
      }
    }
  }

  private static void eightByTwo(
      float[] a,
      int aOffset,
      int aRow,
      int aStep,
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
      int i = aOffset + p * aStep;
      FloatVector x = FloatVector.broadcast(SPECIES, a[i]);
      c00 = b0.fma(x, c00);
      c01 = b1.fma(x, c01);
      x = FloatVector.broadcast(SPECIES, a[i + aRow]);
      c10 = b0.fma(x, c10);
      c11 = b1.fma(x, c11);
      x = FloatVector.broadcast(SPECIES, a[i + 2 * aRow]);
      c20 = b0.fma(x, c20);
      c21 = b1.fma(x, c21);
      x = FloatVector.broadcast(SPECIES, a[i + 3 * aRow]);
      c30 = b0.fma(x, c30);
      c31 = b1.fma(x, c31);
      x = FloatVector.broadcast(SPECIES, a[i + 4 * aRow]);
      c40 = b0.fma(x, c40);
      c41 = b1.fma(x, c41);
      x = FloatVector.broadcast(SPECIES, a[i + 5 * aRow]);
      c50 = b0.fma(x, c50);
      c51 = b1.fma(x, c51);
      x = FloatVector.broadcast(SPECIES, a[i + 6 * aRow]);
      c60 = b0.fma(x, c60);
      c61 = b1.fma(x, c61);
      x = FloatVector.broadcast(SPECIES, a[i + 7 * aRow]);
      c70 = b0.fma(x, c70);
      c71 = b1.fma(x, c71);
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

  private static void eightByOne(
      float[] a,
      int aOffset,
      int aRow,
      int aStep,
      float[] b,
      int bOffset,
      int ldb,
      float[] c,
      int cOffset,
      int ldc,
      int from,
      int to,
      boolean accumulate) {
    FloatVector c0 = start(c, cOffset, accumulate);
    FloatVector c1 = start(c, cOffset + ldc, accumulate);
    FloatVector c2 = start(c, cOffset + 2 * ldc, accumulate);
    FloatVector c3 = start(c, cOffset + 3 * ldc, accumulate);
    FloatVector c4 = start(c, cOffset + 4 * ldc, accumulate);
    FloatVector c5 = start(c, cOffset + 5 * ldc, accumulate);
    FloatVector c6 = start(c, cOffset + 6 * ldc, accumulate);
    FloatVector c7 = start(c, cOffset + 7 * ldc, accumulate);
    for (int p = from; p < to; p++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, bOffset + p * ldb);
      int i = aOffset + p * aStep;
      c0 = b0.fma(FloatVector.broadcast(SPECIES, a[i]), c0);
      c1 = b0.fma(FloatVector.broadcast(SPECIES, a[i + aRow]), c1);
      c2 = b0.fma(FloatVector.broadcast(SPECIES, a[i + 2 * aRow]), c2);
      c3 = b0.fma(FloatVector.broadcast(SPECIES, a[i + 3 * aRow]), c3);
      c4 = b0.fma(FloatVector.broadcast(SPECIES, a[i + 4 * aRow]), c4);
      c5 = b0.fma(FloatVector.broadcast(SPECIES, a[i + 5 * aRow]), c5);
      c6 = b0.fma(FloatVector.broadcast(SPECIES, a[i + 6 * aRow]), c6);
      c7 = b0.fma(FloatVector.broadcast(SPECIES, a[i + 7 * aRow]), c7);
    }
    c0.intoArray(c, cOffset);
    c1.intoArray(c, cOffset + ldc);
    c2.intoArray(c, cOffset + 2 * ldc);
    c3.intoArray(c, cOffset + 3 * ldc);
    c4.intoArray(c, cOffset + 4 * ldc);
    c5.intoArray(c, cOffset + 5 * ldc);
    c6.intoArray(c, cOffset + 6 * ldc);
    c7.intoArray(c, cOffset + 7 * ldc);
  }

  /** Eight accumulators: more do not fit beside the operands into 16 registers. */
  private static void fourByTwo(
      float[] a,
      int aOffset,
      int aRow,
      int aStep,
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
      int i = aOffset + p * aStep;
      FloatVector x = FloatVector.broadcast(SPECIES, a[i]);
      c00 = b0.fma(x, c00);
      c01 = b1.fma(x, c01);
      x = FloatVector.broadcast(SPECIES, a[i + aRow]);
      c10 = b0.fma(x, c10);
      c11 = b1.fma(x, c11);
      x = FloatVector.broadcast(SPECIES, a[i + 2 * aRow]);
      c20 = b0.fma(x, c20);
      c21 = b1.fma(x, c21);
      x = FloatVector.broadcast(SPECIES, a[i + 3 * aRow]);
      c30 = b0.fma(x, c30);
      c31 = b1.fma(x, c31);
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
