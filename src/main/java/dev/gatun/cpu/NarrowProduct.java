package dev.gatun.cpu;

/**
 * A product with few columns: the right panels of a K block stay in the second cache.
 *
 * <pre>
 *   for each slab of K:
 *     pack B[slab, N]                                        threads share the panels
 *     for some left panels:                                  threads claim them
 *       for each K block, for each left panel:
 *         pack A[height, KC] (a few panels at once), which stays in the inner caches
 *         for each right panel: continue a tile of C
 * </pre>
 *
 * <p>With so few columns a packed left panel is read only a few times. Packing it right before that
 * spares the way through the outer caches that {@link BlockedProduct} makes, and B is packed once
 * for all threads: 12 to 50 % faster on two threads for 128 to 384 columns. Two strips of 384
 * columns lose 6 % on one thread, where packing A twice is not hidden.
 */
record NarrowProduct(int m, int n, int k, Operand a, Operand b, Target target) {
  /** The most columns: a K block of right panels takes 768 KiB. */
  static final int COLUMNS = 384;

  /** The K blocks of a slab: 3 MiB of right panels. */
  private static final int SLAB = 4;

  /** Below this many multiplications, waking a thread takes as long as the product. */
  private static final long LEAST_PARALLEL = 1 << 19;

  void run() {
    int kBlocks = Math.max(1, Math.ceilDiv(k, BlockedProduct.KC));
    int kc = Math.ceilDiv(Math.ceilDiv(k, kBlocks), Simd.LANES) * Simd.LANES;
    for (int first = 0; first < kBlocks; first += SLAB) {
      new Slab(this, kc, first, Math.min(kBlocks, first + SLAB)).run();
    }
  }

  /** K blocks {@code first .. end - 1} of length {@code kc}. */
  private record Slab(NarrowProduct product, int kc, int first, int end) {
    void run() {
      int columns = Panels.paddedColumns(product.n);
      int panels = columns / Panels.WIDTH * (end - first);
      int rows = Panels.panels(product.m);
      Scratch scratch = Scratch.ofThread();
      float[] right = scratch.right((end - first) * kc * columns);
      product.target.starts(0, product.n, scratch.starts);
      long work = (long) product.m * product.n * (end - first) * kc;
      if (work < LEAST_PARALLEL || Parallel.threads() == 1) {
        pack(0, panels, right);
        multiply(0, rows, right, scratch.starts);
        return;
      }
      Parallel.range(0, panels, 1, (from, to) -> pack(from, to, right));
      Parallel.range(0, rows, 1, (from, to) -> multiply(from, to, right, scratch.starts));
    }

    /** Packs right panels, counted through all K blocks. */
    private void pack(int from, int to, float[] right) {
      int perBlock = Panels.paddedColumns(product.n) / Panels.WIDTH;
      for (int i = from; i < to; i++) {
        int kBlock = first + i / perBlock;
        int column = i % perBlock * Panels.WIDTH;
        int columns = Math.min(Panels.WIDTH, product.n - column);
        Operand b = product.b.from(column, (long) kBlock * kc, columns, length(kBlock));
        Panels.pack(
            b.segment(),
            b.offset(),
            b.ld(),
            b.kContiguous(),
            product.n - column,
            length(kBlock),
            Panels.WIDTH,
            right,
            rightAt(kBlock) + column * length(kBlock));
      }
    }

    private int length(int kBlock) {
      return Math.min(kc, product.k - kBlock * kc);
    }

    private int rightAt(int kBlock) {
      return (kBlock - first) * kc * Panels.paddedColumns(product.n);
    }

    /** Multiplies some left panels with all of B. */
    private void multiply(int from, int to, float[] right, float[] starts) {
      Scratch scratch = Scratch.ofThread();
      Operand a = product.a;
      for (int kBlock = first; kBlock < end; kBlock++) {
        int length = length(kBlock);
        Tiles tiles = new Tiles(product.target, starts, 0, product.n, length, kBlock == 0);
        for (int group = from; group < to; group += Panels.GROUP) {
          int last = Math.min(to, group + Panels.GROUP);
          Panels.packLeft(
              a.segment(),
              a.at(0, (long) kBlock * kc),
              a.ld(),
              a.kContiguous(),
              product.m,
              group,
              last,
              length,
              scratch.panels,
              0);
          int before = Panels.leftAt(Panels.firstRow(group, product.m), length);
          for (int panel = group; panel < last; panel++) {
            int row = Panels.firstRow(panel, product.m);
            int at = Panels.leftAt(row, length) - before;
            int rightAt = rightAt(kBlock);
            tiles.run(row, product.m - row, scratch.panels, at, right, rightAt, scratch.tile);
          }
        }
      }
    }
  }
}
