package dev.gatun.cpu;

/**
 * A range of the blocks into which the sums of a product are cut. All have the same length but the
 * last, which may be shorter.
 *
 * @param k the length of the sums
 * @param length of a block, a multiple of {@link Simd#LANES}
 * @param first the first block of the range
 * @param end the block after the last one
 */
record KBlocks(int k, int length, int first, int end) {
  /** All blocks, as few as there can be with at most {@code longest} elements each. */
  static KBlocks of(int k, int longest) {
    int count = Math.max(1, Math.ceilDiv(k, longest));
    int lanes = Math.max(1, Math.ceilDiv(Math.ceilDiv(k, count), Simd.LANES));
    return new KBlocks(k, lanes * Simd.LANES, 0, count);
  }

  int count() {
    return end - first;
  }

  /** Whether a block is the first of all. */
  boolean begins(int block) {
    return block == 0;
  }

  /** The first element of a block. */
  int at(int block) {
    return block * length;
  }

  int length(int block) {
    return Math.min(length, k - at(block));
  }

  /** The blocks from {@code from} on, at most {@code count}. */
  KBlocks some(int from, int count) {
    return new KBlocks(k, length, from, Math.min(end, from + count));
  }
}
