package dev.gatun.op;

import dev.gatun.core.Shape;
import dev.gatun.device.Command;
import dev.gatun.tensor.Tensor;
import java.util.List;

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

  /**
   * Copies `count` elements for each outer index.
   *
   * @param sourceStride elements from one outer index to the next
   * @param sourceStart the first element within an outer index
   */
  List<Command> copy(
      Tensor source,
      int sourceStride,
      int sourceStart,
      Tensor target,
      int targetStride,
      int targetStart,
      int count) {
    int n = Math.multiplyExact(outer, count);
    return Kernels.threads(
        source.dtype().bytes() == 2 ? "copy_blocks_b16" : "copy_blocks_b32",
        n,
        source,
        target,
        n,
        count,
        sourceStride,
        sourceStart,
        targetStride,
        targetStart);
  }

  /** How many copies of so many bytes are worth another thread. */
  static int grain(long bytes) {
    return Math.toIntExact(Math.max(1, GRAIN / Math.max(1, bytes)));
  }
}
