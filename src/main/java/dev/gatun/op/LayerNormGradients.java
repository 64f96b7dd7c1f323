package dev.gatun.op;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.cpu.Reductions;
import dev.gatun.cpu.Simd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * The loops of the gradients of {@link LayerNorm}, over one row or one strip of columns. Offsets
 * are in bytes.
 */
final class LayerNormGradients {
  private LayerNormGradients() {}

  static void backward(
      MemorySegment x,
      long offset,
      float mean,
      float r,
      MemorySegment w,
      MemorySegment dy,
      int n,
      MemorySegment dx,
      boolean accumulate) {
    float average = Reductions.dot(dy, offset, w, 0, n) / n;
    float slope = r * r / n * deviationDot(x, dy, offset, w, mean, n);
    int i = 0;
    for (; i <= n - LENGTH; i += LENGTH) {
      FloatVector g = load(dy, offset, i).mul(load(w, 0, i)).sub(average);
      FloatVector d = g.sub(load(x, offset, i).sub(mean).mul(slope)).mul(r);
      store(accumulate ? d.add(load(dx, offset, i)) : d, dx, offset, i);
    }
    if (i < n) {
      FloatVector g = loadBelow(dy, offset, i, n).mul(loadBelow(w, 0, i, n)).sub(average);
      FloatVector d = g.sub(loadBelow(x, offset, i, n).sub(mean).mul(slope)).mul(r);
      storeBelow(accumulate ? d.add(loadBelow(dx, offset, i, n)) : d, dx, offset, i, n);
    }
  }

  /** {@code Σ dy[i]·w[i]·(x[i] - μ)} in the order of {@link Simd}. */
  private static float deviationDot(
      MemorySegment x, MemorySegment dy, long offset, MemorySegment w, float mean, int n) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      s0 = product(x, dy, offset, w, mean, i, s0);
      if (LENGTH <= 8) {
        s1 = product(x, dy, offset, w, mean, i + LENGTH, s1);
      }
      if (LENGTH == 4) {
        s2 = product(x, dy, offset, w, mean, i + 2 * LENGTH, s2);
        s3 = product(x, dy, offset, w, mean, i + 3 * LENGTH, s3);
      }
    }
    if (i < n) {
      s0 = productBelow(x, dy, offset, w, mean, i, n, s0);
      s1 = productBelow(x, dy, offset, w, mean, i + LENGTH, n, s1);
      s2 = productBelow(x, dy, offset, w, mean, i + 2 * LENGTH, n, s2);
      s3 = productBelow(x, dy, offset, w, mean, i + 3 * LENGTH, n, s3);
    }
    return Simd.sumLanes(s0, s1, s2, s3);
  }

  private static FloatVector product(
      MemorySegment x,
      MemorySegment dy,
      long offset,
      MemorySegment w,
      float mean,
      int i,
      FloatVector sum) {
    return load(dy, offset, i).mul(load(w, 0, i)).fma(load(x, offset, i).sub(mean), sum);
  }

  /** Lanes that do not exist add {@code 0·(0 - μ)}: under a mask, for μ may be infinite. */
  private static FloatVector productBelow(
      MemorySegment x,
      MemorySegment dy,
      long offset,
      MemorySegment w,
      float mean,
      int i,
      int n,
      FloatVector sum) {
    FloatVector g = loadBelow(dy, offset, i, n).mul(loadBelow(w, 0, i, n));
    FloatVector added = g.fma(loadBelow(x, offset, i, n).sub(mean), sum);
    return sum.blend(added, Simd.below(i, n));
  }

  /** Four vectors of columns at once: a row is read in pieces that the memory likes. */
  static void backwardWeight4(
      MemorySegment x,
      MemorySegment mean,
      MemorySegment r,
      MemorySegment dy,
      int rows,
      int columns,
      int column,
      MemorySegment dw,
      boolean accumulate) {
    FloatVector t0 = accumulate ? load(dw, 0, column) : FloatVector.zero(SPECIES);
    FloatVector t1 = accumulate ? load(dw, 0, column + LENGTH) : t0;
    FloatVector t2 = accumulate ? load(dw, 0, column + 2 * LENGTH) : t0;
    FloatVector t3 = accumulate ? load(dw, 0, column + 3 * LENGTH) : t0;
    for (int start = 0; start < rows; start += SumRows.BLOCK) {
      int end = Math.min(rows, start + SumRows.BLOCK);
      FloatVector b0 = FloatVector.zero(SPECIES);
      FloatVector b1 = b0;
      FloatVector b2 = b0;
      FloatVector b3 = b0;
      for (int i = start; i < end; i++) {
        long at = 4L * ((long) i * columns + column);
        float center = mean.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float scale = r.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        FloatVector n0 = load(x, at, 0).sub(center).mul(scale);
        b0 = load(dy, at, 0).fma(n0, b0);
        FloatVector n1 = load(x, at, LENGTH).sub(center).mul(scale);
        b1 = load(dy, at, LENGTH).fma(n1, b1);
        FloatVector n2 = load(x, at, 2 * LENGTH).sub(center).mul(scale);
        b2 = load(dy, at, 2 * LENGTH).fma(n2, b2);
        FloatVector n3 = load(x, at, 3 * LENGTH).sub(center).mul(scale);
        b3 = load(dy, at, 3 * LENGTH).fma(n3, b3);
      }
      t0 = t0.add(b0);
      t1 = t1.add(b1);
      t2 = t2.add(b2);
      t3 = t3.add(b3);
    }
    store(t0, dw, 0, column);
    store(t1, dw, 0, column + LENGTH);
    store(t2, dw, 0, column + 2 * LENGTH);
    store(t3, dw, 0, column + 3 * LENGTH);
  }

  /** One vector of columns, of which some may not exist. */
  static void backwardWeight(
      MemorySegment x,
      MemorySegment mean,
      MemorySegment r,
      MemorySegment dy,
      int rows,
      int columns,
      int column,
      MemorySegment dw,
      boolean accumulate) {
    FloatVector total = accumulate ? loadBelow(dw, 0, column, columns) : FloatVector.zero(SPECIES);
    for (int start = 0; start < rows; start += SumRows.BLOCK) {
      int end = Math.min(rows, start + SumRows.BLOCK);
      FloatVector block = FloatVector.zero(SPECIES);
      for (int i = start; i < end; i++) {
        long offset = 4L * i * columns;
        float center = mean.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float scale = r.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        FloatVector normed = loadBelow(x, offset, column, columns).sub(center).mul(scale);
        block = loadBelow(dy, offset, column, columns).fma(normed, block);
      }
      total = total.add(block);
    }
    storeBelow(total, dw, 0, column, columns);
  }
}
