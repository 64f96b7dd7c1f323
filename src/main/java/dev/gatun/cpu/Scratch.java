package dev.gatun.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The packed blocks of one thread, allocated once and kept: touching fresh memory costs more than
 * packing it. Bounded by the block sizes of {@link RectangleProduct}: at most 3 MiB.
 */
final class Scratch {
  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  /** What the chains of each column of a block begin with. */
  final float[] starts = new float[RectangleProduct.NC];

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

  /** Room for a block of B; grows like {@link #left}. */
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
