package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import dev.gatun.core.Q8Block;
import dev.gatun.core.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Products with a single row, {@code c[j] = start + dot(a, b[j])} for B[n, k], which read B once
 * and are bound by the speed of memory. Weights in fewer bits are unpacked in registers; the bits
 * are those of the unpacked matrix, and those of {@link Reductions#dot}.
 *
 * <p>A thread reads four rows at once, which share the loads of a and whose sums do not wait for
 * each other. They come from four stripes of its part of B, far apart:
 *
 * <pre>
 *   part   |  stripe 0  |  stripe 1  |  stripe 2  |  stripe 3  |
 *   read    0 4 8 ...    1 5 9 ...    2 6 10 ...   3 7 11 ...
 * </pre>
 *
 * <p>So the processor sees four long streams, each from one address upwards, and fetches ahead in
 * all of them. Four rows next to each other look like jumps within a page, which it does not
 * foresee. Measured on one thread with 100 M weights, adjacent rows and stripes: q8_0 5.6 and 19.2,
 * bf16 9.6 and 15.4 G multiplications/s; F32, row after row and stripes: 6.3 and 8.3.
 */
final class Gemv {
  /** Bytes of B below which waking a thread takes as long as reading them. */
  private static final int LEAST_PARALLEL = 1 << 16;

  /** Bytes of B worth a part of their own: the beginning of a stream is not foreseen either. */
  private static final int PART = 1 << 18;

  private static final int STRIPES = FourRows.ROWS;

  private static final ThreadLocal<float[]> SUMS =
      ThreadLocal.withInitial(() -> new float[STRIPES * LANES]);

  private Gemv() {}

  static void dots(int n, int k, Operand a, Operand b, Target target) {
    float[] x = new float[Math.ceilDiv(k, Q8Block.ELEMENTS) * Q8Block.ELEMENTS];
    MemorySegment.copy(a.segment(), ValueLayout.JAVA_FLOAT_UNALIGNED, a.offset(), x, 0, k);
    StoredMatrix stored = b.stored();
    long rowBytes = stored == null ? 4L * k : stored.dtype().bytes(Shape.of(k));
    int grain = grain(n, n * rowBytes);
    Parallel.range(0, n, grain, (from, to) -> part(x, k, b, from, to, target));
  }

  /** Rows of a part, so that each thread gets the same number of parts of the same size. */
  private static int grain(int n, long bytes) {
    if (bytes <= LEAST_PARALLEL) {
      return n;
    }
    int threads = Parallel.threads();
    long parts = Math.max(1, bytes / threads / PART);
    return (int) Math.ceilDiv(n, Math.min(n, threads * parts));
  }

  private static void part(float[] x, int k, Operand b, int from, int to, Target target) {
    float[] sums = SUMS.get();
    int stripe = Math.ceilDiv(to - from, STRIPES);
    for (int row = from; row < from + stripe; row++) {
      int row1 = Math.min(row + stripe, to - 1);
      int row2 = Math.min(row + 2 * stripe, to - 1);
      int row3 = Math.min(row + 3 * stripe, to - 1);
      FourRows.sums(x, k, b, row, row1, row2, row3, sums);
      for (int s = 0; s < STRIPES && row + s * stripe < to; s++) {
        store(sums, s * LANES, row + s * stripe, target);
      }
    }
  }

  private static void store(float[] sums, int at, int column, Target target) {
    float dot = sum(sums, at);
    target
        .segment()
        .set(ValueLayout.JAVA_FLOAT_UNALIGNED, target.at(0, column), target.start(0, column) + dot);
  }

  private static float sum(float[] sums, int at) {
    FloatVector s0 = FloatVector.fromArray(SPECIES, sums, at);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    if (LENGTH <= 8) {
      s1 = FloatVector.fromArray(SPECIES, sums, at + LENGTH);
    }
    if (LENGTH == 4) {
      s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LENGTH);
      s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LENGTH);
    }
    return Simd.sumLanes(s0, s1, s2, s3);
  }
}
