package dev.gatun.cpu;

/**
 * A product of matrices {@code C[M, N] = A B}, started from what {@link Target} says.
 *
 * @param k the length of the sums
 */
record Product(int k, Operand a, Operand b, Target target) {
  /** Longer sums are faster by {@link WideProduct} if C is as wide as this, by 5 % (measured). */
  private static final int LONG = 512;

  /** Computes all of C, each rectangle on one thread. */
  void run(int m, int n) {
    Division division = Division.of(m, n, k, Parallel.threads());
    Parallel.run(division.parts(), i -> compute(division.part(i)));
  }

  private void compute(Rectangle c) {
    if (c.columns() >= 2 * c.rows() || (k > LONG && c.columns() >= LONG)) {
      new WideProduct(this, c).run();
    } else {
      new TallProduct(this, c).run();
    }
  }

  /** Packs left panels {@code first .. end - 1} of some rows and one K block. */
  void packLeft(
      int row, int rows, int first, int end, KBlocks blocks, int block, float[] to, int at) {
    Panels.packLeft(
        a.segment(),
        a.at(row, blocks.at(block)),
        a.ld(),
        a.kContiguous(),
        rows,
        first,
        end,
        blocks.length(block),
        to,
        at);
  }

  /** Packs the right panels of some columns and of {@code length} elements of k. */
  void packRight(int column, int columns, int start, int length, float[] to, int at) {
    Operand part = b.from(column, start, columns, length);
    Panels.packRight(
        part.segment(), part.offset(), part.ld(), part.kContiguous(), columns, length, to, at);
  }
}
