package dev.gatun.cpu;

/**
 * A rectangle with short sums, with more rows than columns or about as many, by one thread.
 *
 * <pre>
 *   for each slab of B, [DEPTH, as many columns as fit the scratch]:
 *     pack the slab
 *     for each block of up to ROWS rows of C:
 *       pack A[rows, DEPTH], which stays in the second cache
 *       for each right panel, for each K block of KC in the slab, for each left panel:
 *         continue a tile of C
 * </pre>
 *
 * <p>A K block of a right panel stays in the first cache while the left panels pass by, and the
 * tiles of a column of panels wait in an array from one K block to the next, not in C. Longer K
 * blocks, for which the right panel comes from the second cache, lose 7 % (measured: 205 of 222
 * GFLOP/s in the micro-kernel alone).
 */
record TallProduct(Product product, Rectangle c) {
  /** Rows of a block of A at most. */
  static final int ROWS = 384;

  /** Columns of a slab of B at most. */
  static final int COLUMNS = 4096;

  /** The length of a K block: a right panel takes 24 KiB of the first cache, a left one 9. */
  private static final int KC = 192;

  /** Elements of k in a slab: twice as many leave a block of A too few rows to use B again. */
  private static final int DEPTH = 768;

  /** Floats of a block of A: 576 KiB. */
  private static final int LEFT = 144 << 10;

  /** Columns of B to pack at once: unpacked weights stay in the second cache. */
  private static final int PACKED = 192;

  /** Floats of a slab of B: 4 MiB. */
  private static final int RIGHT = 1 << 20;

  void run() {
    KBlocks all = KBlocks.of(product.k(), KC);
    int slabs = Math.ceilDiv(all.end(), all.within(DEPTH));
    int count = Math.ceilDiv(all.end(), slabs);
    for (int first = 0; first < all.end(); first += count) {
      KBlocks blocks = all.some(first, count);
      int most = Math.min(COLUMNS, RIGHT / (blocks.count() * blocks.length()));
      int columns = Panels.even(c.columns(), most, Panels.WIDTH);
      for (int column = 0; column < c.columns(); column += columns) {
        int width = Math.min(columns, c.columns() - column);
        new Slab(product, c, c.column() + column, width, blocks).run();
      }
    }
  }

  /** Columns {@code column ..} of B and some K blocks. */
  private record Slab(Product product, Rectangle c, int column, int columns, KBlocks blocks) {
    void run() {
      int depth = blocks.depth();
      float[] right = Scratch.ofThread().right(Panels.rightSize(columns, depth));
      for (int j = 0; j < columns; j += PACKED) {
        int width = Math.min(PACKED, columns - j);
        product.packRight(column + j, width, blocks.start(), depth, right, j * depth);
      }
      int most = Math.min(ROWS, LEFT / Math.max(1, blocks.depth()));
      int rows = Panels.even(c.rows(), most, Panels.TALL);
      for (int row = 0; row < c.rows(); row += rows) {
        multiply(c.row() + row, Math.min(rows, c.rows() - row), right);
      }
    }

    /** Where the part of a right panel that belongs to a K block begins; j is its column. */
    private int rightAt(int j, int block) {
      return j * blocks.depth() + (blocks.at(block) - blocks.start()) * Panels.WIDTH;
    }

    /** Multiplies some rows with the slab. */
    private void multiply(int row, int rows, float[] right) {
      int size = Panels.leftSize(rows, blocks.length());
      Scratch scratch = Scratch.ofThread();
      float[] left = scratch.left(blocks.count() * size);
      int panels = Panels.panels(rows);
      for (int block = blocks.first(); block < blocks.end(); block++) {
        int at = (block - blocks.first()) * size;
        product.packLeft(row, rows, 0, panels, blocks, block, left, at);
      }
      Tiles tiles = new Tiles(product.target(), scratch, column, columns);
      for (int j = 0; j < columns; j += Panels.WIDTH) {
        for (int block = blocks.first(); block < blocks.end(); block++) {
          int k = blocks.length(block);
          boolean last = block == blocks.end() - 1;
          tiles.turnTo(k, blocks.begins(block), block == blocks.first(), last);
          int leftAt = (block - blocks.first()) * size;
          int rightAt = rightAt(j, block);
          for (int panel = 0; panel < panels; panel++) {
            int first = Panels.firstRow(panel, rows);
            int at = leftAt + Panels.leftAt(first, k);
            tiles.run(row + first, rows - first, j, left, at, right, rightAt, panel);
          }
        }
      }
    }
  }
}
