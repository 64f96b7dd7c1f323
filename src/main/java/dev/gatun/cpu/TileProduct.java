package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;

/**
 * The products of attention between tiles in Java arrays, eight rows at a time. Large products in
 * native memory are {@link Gemm}.
 *
 * <p>Each element of C is one chain of fma over ascending p, so its bits depend neither on the
 * vector width nor on where a range of p is cut.
 *
 * <p>Arrays rather than native memory, because the kernels hold many values in registers, and the
 * first compiler stage gives up on that many native loads in one method. Every distance between
 * rows is a constant: only then does the compiler take the bounds checks out of the loops and join
 * those around them, which makes sums of 32 to 64 products half as fast again (measured). So a
 * matrix is either {@value #STRIDE} columns wide or stored in panels: all rows of its first {@value
 * #COLUMNS} columns, then those of the next.
 */
public final class TileProduct {
  /** The number of rows of A and C in one call. */
  public static final int ROWS = 8;

  /** The columns of a panel, and elements from one of its rows to the next. */
  public static final int COLUMNS = 32;

  /** Elements from one row to the next of a matrix that is not in panels. */
  public static final int STRIDE = 64;

  private TileProduct() {}

  /**
   * {@code C[r][c] = Σ_p A[p][r]·B[p][c]} for 8 rows, n columns and {@code p < k}; no matrix is in
   * panels.
   *
   * @param aAt where A[0][0] is
   * @param n columns, a multiple of 16
   */
  public static void scores(
      float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int n, int k) {
    int j = 0;
    for (; j <= n - 2 * LENGTH; j += 2 * LENGTH) {
      if (LENGTH == 16) {
        TileKernel8.scores(a, aAt, b, bAt + j, c, cAt + j, k);
      } else {
        TileKernel4.scores(a, aAt, b, bAt + j, c, cAt + j, k);
        TileKernel4.scores(a, aAt + 4, b, bAt + j, c, cAt + 4 * STRIDE + j, k);
      }
    }
    if (j < n) {
      TileKernel8.narrowScores(a, aAt, b, bAt + j, c, cAt + j, k);
    }
  }

  /**
   * {@code C[r][c] += Σ_p A[p][r]·B[p][c]} for 8 rows and {@code from <= p < to}; B and C are
   * panels.
   *
   * @param aAt where A[0][0] is
   */
  public static void columns(
      float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int from, int to) {
    for (int j = 0; j < COLUMNS; j += 2 * LENGTH) {
      if (LENGTH == 16) {
        TileKernel8.columns(a, aAt, b, bAt + j, c, cAt + j, from, to);
      } else {
        int c4 = cAt + 4 * COLUMNS + j;
        TileKernel4.columns(a, aAt, b, bAt + j, c, cAt + j, from, to);
        TileKernel4.columns(a, aAt + 4, b, bAt + j, c, c4, from, to);
      }
    }
  }

  /**
   * {@code C[r][c] += Σ_p A[r][p]·B[p][c]} for 8 rows and {@code from <= p < to}; B and C are
   * panels.
   *
   * @param aAt where A[0][0] is
   */
  public static void rows(
      float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int from, int to) {
    for (int j = 0; j < COLUMNS; j += 2 * LENGTH) {
      if (LENGTH == 16) {
        TileKernel8.rows(a, aAt, b, bAt + j, c, cAt + j, from, to);
      } else {
        int c4 = cAt + 4 * COLUMNS + j;
        TileKernel4.rows(a, aAt, b, bAt + j, c, cAt + j, from, to);
        TileKernel4.rows(a, aAt + 4 * STRIDE, b, bAt + j, c, c4, from, to);
      }
    }
  }
}
