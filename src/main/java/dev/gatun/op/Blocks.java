package dev.gatun.op;

import dev.gatun.core.Shape;

/** A shape around one axis: [outer, size, inner]. */
record Blocks(int outer, int size, int inner) {
  /** Bytes worth handing to another thread. */
  private static final int GRAIN = 1 << 16;

  static Blocks of(Shape shape, int axis) {
    int outer = 1;
    int inner = 1;
    for (int a = 0; a < shape.rank(); a++) {
      if (a < axis) {
        outer = Math.multiplyExact(outer, shape.size(a));
      } else if (a > axis) {
        inner = Math.multiplyExact(inner, shape.size(a));
      }
    }
    return new Blocks(outer, shape.size(axis), inner);
  }

  /** How many copies of so many bytes are worth another thread. */
  static int grain(long bytes) {
    return Math.toIntExact(Math.max(1, GRAIN / Math.max(1, bytes)));
  }
}
