package dev.gatun.cpu;

/**
 * A product in blocks that fit the caches.
 *
 * <pre>
 *   for each slab of A, [up to 4096 rows, as many k as fit the scratch]:
 *     pack the slab                                          threads share the panels
 *     for each block of NC columns of C:                     threads claim blocks
 *       for each K block of KC in the slab:
 *         pack B[KC, NC], which stays in the second cache
 *         for each left panel, for each right panel: continue a tile of C
 * </pre>
 *
 * <p>Packing all of A first and B in small blocks right before use beats the order of Goto and van
 * de Geijn ("Anatomy of High-Performance Matrix Multiplication", 2008) by 5 % here. Threads split M
 * and N, never K; where N has too few blocks for them, M is split too and B packed once per part.
 */
record BlockedProduct(int m, int n, int k, Operand a, Operand b, Target target) {
  /** The length of a K block: a left panel of 12 rows takes 24 KiB. */
  static final int KC = 512;

  /** Columns of a block of B at most, a multiple of every panel width: 384 KiB. */
  static final int NC = 192;

  /** Columns that a block of B is not made narrower than to occupy all threads. */
  private static final int LEAST_COLUMNS = 64;

  /** Rows of a slab of A. */
  private static final int MC = 1024;

  /** Floats of a slab of A, 2 MiB: larger ones come back from memory for each block of columns. */
  private static final int LEFT_LIMIT = MC * (KC + Panels.LEFT_SLACK);

  /** Blocks to claim per thread, so that both end at about the same time. */
  private static final int TASKS_PER_THREAD = 4;

  /** A part of M has at least so many rows, or packing B again for it would cost too much. */
  private static final int LEAST_ROWS = 48;

  /** Below this many multiplications, waking a thread takes as long as the product. */
  private static final long LEAST_PARALLEL = 1 << 19;

  void run() {
    for (int row = 0; row < m; row += MC) {
      int rows = Math.min(MC, m - row);
      int longest = Math.max(1, LEFT_LIMIT / Panels.leftSize(rows, KC)) * KC;
      int from = 0;
      do {
        int depth = Math.min(longest, k - from);
        new Slab(this, row, rows, from, depth).run();
        from += depth;
      } while (from < k);
    }
  }

  /** Rows {@code row ..} and k {@code from ..} of A, packed in K blocks of {@code kc}. */
  private record Slab(
      BlockedProduct product, int row, int rows, int from, int depth, int kBlocks, int kc) {
    Slab(BlockedProduct product, int row, int rows, int from, int depth) {
      int kBlocks = Math.max(1, Math.ceilDiv(depth, KC));
      int kc = Math.ceilDiv(Math.ceilDiv(depth, kBlocks), Simd.LANES) * Simd.LANES;
      this(product, row, rows, from, depth, kBlocks, kc);
    }

    void run() {
      float[] left = Scratch.ofThread().left(kBlocks * blockSize());
      int panels = Panels.panels(rows);
      if ((long) rows * product.n * depth < LEAST_PARALLEL || Parallel.threads() == 1) {
        pack(0, kBlocks * panels, left);
        for (int column = 0; column < product.n; column += NC) {
          sweep(column, Math.min(NC, product.n - column), 0, panels, left);
        }
        return;
      }
      Parallel.range(0, kBlocks * panels, Panels.GROUP, (first, end) -> pack(first, end, left));
      int width = blockWidth();
      int nBlocks = Math.ceilDiv(product.n, width);
      int parts = parts(nBlocks);
      Parallel.run(
          nBlocks * parts,
          task -> {
            int column = task % nBlocks * width;
            int part = task / nBlocks;
            int first = (int) ((long) panels * part / parts);
            int end = (int) ((long) panels * (part + 1) / parts);
            sweep(column, Math.min(width, product.n - column), first, end, left);
          });
    }

    /** Columns of a block: at most NC, and such that the threads get equally many if they can. */
    private int blockWidth() {
      int threads = Parallel.threads();
      int least = Math.min(TASKS_PER_THREAD * threads, Math.ceilDiv(product.n, LEAST_COLUMNS));
      int blocks = Math.max(Math.ceilDiv(product.n, NC), least);
      int even = Math.ceilDiv(blocks, threads) * threads;
      return Panels.paddedColumns(Math.ceilDiv(product.n, even));
    }

    /** Parts of M, if there are too few blocks of columns. */
    private int parts(int nBlocks) {
      int wanted = Math.ceilDiv(TASKS_PER_THREAD * Parallel.threads(), nBlocks);
      return Math.clamp(rows / LEAST_ROWS, 1, wanted);
    }

    private int blockSize() {
      return Panels.leftSize(rows, kc);
    }

    private int kLength(int kBlock) {
      return Math.min(kc, depth - kBlock * kc);
    }

    /** Packs the panels with these numbers, counted through all K blocks. */
    private void pack(int first, int end, float[] left) {
      int panels = Panels.panels(rows);
      Operand a = product.a;
      for (int i = first; i < end; ) {
        int kBlock = i / panels;
        int panel = i % panels;
        int last = Math.min(panels, panel + end - i);
        int length = kLength(kBlock);
        Panels.packLeft(
            a.segment(),
            a.at(row, from + kBlock * kc),
            a.ld(),
            a.kContiguous(),
            rows,
            panel,
            last,
            length,
            left,
            kBlock * blockSize() + Panels.leftAt(Panels.firstRow(panel, rows), length));
        i += last - panel;
      }
    }

    /** Multiplies left panels {@code first .. end - 1} with one block of columns. */
    private void sweep(int column, int columns, int first, int end, float[] left) {
      Scratch scratch = Scratch.ofThread();
      product.target.starts(column, columns, scratch.starts);
      for (int kBlock = 0; kBlock < kBlocks; kBlock++) {
        int length = kLength(kBlock);
        Operand b = product.b.from(column, from + kBlock * kc, columns, length);
        Panels.packRight(
            b.segment(), b.offset(), b.ld(), b.kContiguous(), columns, length, scratch.block, 0);
        boolean begins = from == 0 && kBlock == 0;
        Tiles tiles = new Tiles(product.target, scratch.starts, column, columns, length, begins);
        for (int panel = first; panel < end; panel++) {
          int start = Panels.firstRow(panel, rows);
          int leftAt = kBlock * blockSize() + Panels.leftAt(start, length);
          tiles.run(row + start, rows - start, left, leftAt, scratch.block, 0, scratch.tile);
        }
      }
    }
  }
}
