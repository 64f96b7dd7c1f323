package dev.gatun.cpu;

/**
 * The packed blocks of one thread, allocated once and kept: touching fresh memory costs more than
 * packing it. Bounded by the block sizes of {@link BlockedProduct}: at most 16 MiB.
 */
final class Scratch {
  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  /** A block of B: [KC, NC]. */
  final float[] right = new float[Panels.rightSize(BlockedProduct.NC, BlockedProduct.KC)];

  /** What the chains of each column of a block begin with. */
  final float[] starts = new float[BlockedProduct.NC];

  /** A tile of C: [12, WIDTH]. */
  final float[] tile = new float[Kernel12.ROWS * Panels.WIDTH];

  private float[] left = new float[0];

  private Scratch() {}

  static Scratch ofThread() {
    return OF_THREAD.get();
  }

  /** Room for a block of A; grows in powers of two, so that few sizes are ever allocated. */
  float[] left(int floats) {
    if (left.length < floats) {
      left = new float[Math.max(floats, Integer.highestOneBit(Math.max(1, floats)) << 1)];
    }
    return left;
  }
}
