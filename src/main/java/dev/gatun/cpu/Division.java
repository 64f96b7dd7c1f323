package dev.gatun.cpu;

/**
 * How a product C[M, N] is divided among threads: into rectangles, each computed alone.
 *
 * <p>A thread packs all rows of A and all columns of B that its rectangle needs, also those that
 * another thread packs, too. Sharing packed panels looks cheaper and is not: what one core has
 * written the other fetches line by line out of its cache, and packing must end everywhere before
 * the product begins. Measured on two threads: 6 % faster for large products, 15 to 40 % for the
 * 100 MFLOP of a small model. For the same reason a thread gets one rectangle: two, of which
 * another thread could take one while the first is held up, are 5 % slower, for 256 rows 15 %. K is
 * never divided, so the bits do not depend on the division.
 *
 * @param rowParts parts of M
 * @param rows of each part but the last
 * @param columnParts parts of N
 * @param columns of each part but the last
 */
record Division(int m, int n, int rowParts, int rows, int columnParts, int columns) {
  /** Below this many multiplications, waking a thread takes as long as the product. */
  private static final long LEAST_PARALLEL = 1 << 19;

  private static final int LEAST_ROWS = 2 * Panels.TALL;
  private static final int LEAST_COLUMNS = 2 * Panels.WIDTH;

  /** The division of a product with sums of length {@code k}. */
  static Division of(int m, int n, int k, int threads) {
    long work = (long) m * n * k;
    int wanted = work < LEAST_PARALLEL ? 1 : threads;
    while (true) {
      int rowParts = cheapestRowParts(m, n, wanted);
      if (rowParts > 0) {
        return parts(m, n, rowParts, wanted / rowParts);
      }
      wanted--;
    }
  }

  private static Division parts(int m, int n, int rowParts, int columnParts) {
    int rows = roundUp(Math.ceilDiv(m, rowParts), Panels.TALL);
    int columns = roundUp(Math.ceilDiv(n, columnParts), Panels.WIDTH);
    return new Division(m, n, Math.ceilDiv(m, rows), rows, Math.ceilDiv(n, columns), columns);
  }

  /** Into how many parts to divide M so that least is packed twice; 0 if no part is wide enough. */
  private static int cheapestRowParts(int m, int n, int parts) {
    int best = parts == 1 ? 1 : 0;
    long least = Long.MAX_VALUE;
    for (int rowParts = 1; rowParts <= parts; rowParts++) {
      int columnParts = parts / rowParts;
      boolean even = rowParts * columnParts == parts;
      boolean tall = rowParts == 1 || m / rowParts >= LEAST_ROWS;
      boolean wide = columnParts == 1 || n / columnParts >= LEAST_COLUMNS;
      long packed = (long) columnParts * m + (long) rowParts * n;
      if (even && tall && wide && packed < least) {
        best = rowParts;
        least = packed;
      }
    }
    return best;
  }

  int parts() {
    return rowParts * columnParts;
  }

  Rectangle part(int i) {
    int row = i / columnParts * rows;
    int column = i % columnParts * columns;
    return new Rectangle(row, Math.min(rows, m - row), column, Math.min(columns, n - column));
  }

  private static int roundUp(int value, int multiple) {
    return Math.ceilDiv(value, multiple) * multiple;
  }
}
