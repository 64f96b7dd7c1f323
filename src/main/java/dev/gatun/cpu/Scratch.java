package dev.gatun.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The packed blocks of one thread, allocated once and kept: touching fresh memory costs more than
 * packing it. Bounded by the block sizes of {@link BlockedProduct}: at most 8 MiB.
 */
final class Scratch {
  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  /** A block of B: [KC, NC]. */
  final float[] block = new float[Panels.rightSize(BlockedProduct.NC, BlockedProduct.KC)];

  /** What the chains of each column of a block begin with. */
  final float[] starts = new float[Math.max(BlockedProduct.NC, NarrowProduct.COLUMNS)];

  /** Left panels that are used at once: [GROUP, KC, 12]. */
  final float[] panels =
      new float[Panels.leftSize(Panels.GROUP * Kernel12.ROWS, BlockedProduct.KC)];

  /** A tile of C: [12, WIDTH]. */
  final float[] tile = new float[Kernel12.ROWS * Panels.WIDTH];

  private Arena arena = Arena.ofConfined();
  private MemorySegment unpacked = MemorySegment.NULL;
  private float[] left = new float[0];
  private float[] right = new float[0];

  private Scratch() {}

  static Scratch ofThread() {
    return OF_THREAD.get();
  }

  /** Room for a block of A; grows in powers of two, so that few sizes are ever allocated. */
  float[] left(int floats) {
    left = grown(left, floats);
    return left;
  }

  /** Room for right panels that all threads read; grows like {@link #left}. */
  float[] right(int floats) {
    right = grown(right, floats);
    return right;
  }

  /** Room in native memory for weights that are unpacked, of this thread alone; grows, too. */
  @SuppressWarnings("MustBeClosed") // closed when it has become too small
  MemorySegment unpacked(long floats) {
    if (unpacked.byteSize() < 4 * floats) {
      long room = Long.highestOneBit(Math.max(16, floats)) << 1;
      arena.close();
      arena = Arena.ofConfined();
      unpacked = arena.allocate(4 * room, 64);
    }
    return unpacked;
  }

  private static float[] grown(float[] array, int floats) {
    if (array.length >= floats) {
      return array;
    }
    return new float[Math.max(floats, Integer.highestOneBit(Math.max(1, floats)) << 1)];
  }
}
