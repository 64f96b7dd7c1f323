package dev.gatun.cpu;

/**
 * A product of matrices {@code C[M, N] = A B}, started from what {@link Target} says.
 *
 * @param k the length of the sums
 */
record Product(int k, Operand a, Operand b, Target target) {
  /** Computes all of C, each rectangle on one thread. */
  void run(int m, int n) {
    Division division = Division.of(m, n, k, Parallel.threads());
    Parallel.run(division.parts(), i -> new RectangleProduct(this, division.part(i)).run());
  }

  /** Packs the left panels of some rows and one K block. */
  void packLeft(int row, int rows, KBlocks blocks, int block, float[] to, int at) {
    int k = blocks.length(block);
    long offset = a.at(row, blocks.at(block));
    Panels.packLeft(a.segment(), offset, a.ld(), a.kContiguous(), rows, k, to, at);
  }

  /** Packs the right panels of some columns and of {@code length} elements of k. */
  void packRight(int column, int columns, int start, int length, float[] to, int at) {
    Operand part = b.from(column, start, columns, length);
    Panels.packRight(
        part.segment(), part.offset(), part.ld(), part.kContiguous(), columns, length, to, at);
  }
}
