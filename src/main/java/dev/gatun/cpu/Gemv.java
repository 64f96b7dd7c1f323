package dev.gatun.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Products with a single row, which read B once and are bound by the speed of memory. */
final class Gemv {
  /** Elements of B worth handing to a thread. */
  private static final int GRAIN = 1 << 16;

  private Gemv() {}

  /** {@code c[j] = start + dot(a, b[j])} for B[n, k]. */
  static void dots(int n, int k, Operand a, Operand b, Target target) {
    if (b.stored() != null) {
      StoredGemv.dots(n, k, a, b.stored(), target);
      return;
    }
    MemorySegment c = target.segment();
    Parallel.range(
        0,
        n,
        Math.max(1, GRAIN / Math.max(1, k)),
        (from, to) -> {
          for (int j = from; j < to; j++) {
            float dot = Reductions.dot(a.segment(), a.offset(), b.segment(), b.at(j, 0), k);
            c.set(ValueLayout.JAVA_FLOAT_UNALIGNED, target.at(0, j), target.start(0, j) + dot);
          }
        });
  }
}
