package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Reductions of a row of F32 in native memory, in the order fixed by {@link Simd}: the same bits
 * for every vector width. Offsets are in bytes, counts in elements.
 */
public final class Reductions {
  private Reductions() {}

  /** {@code sum x[i]}; 0 for an empty row. */
  public static float sum(MemorySegment x, long offset, int n) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      s0 = s0.add(load(x, offset, i));
      if (LENGTH <= 8) {
        s1 = s1.add(load(x, offset, i + LENGTH));
      }
      if (LENGTH == 4) {
        s2 = s2.add(load(x, offset, i + 2 * LENGTH));
        s3 = s3.add(load(x, offset, i + 3 * LENGTH));
      }
    }
    if (i < n) {
      s0 = s0.add(loadBelow(x, offset, i, n));
      s1 = s1.add(loadBelow(x, offset, i + LENGTH, n));
      s2 = s2.add(loadBelow(x, offset, i + 2 * LENGTH, n));
      s3 = s3.add(loadBelow(x, offset, i + 3 * LENGTH, n));
    }
    return Simd.sumLanes(s0, s1, s2, s3);
  }

  /** {@code sum x[i] y[i]}, each product added by fma; 0 for empty rows. */
  public static float dot(MemorySegment x, long xOffset, MemorySegment y, long yOffset, int n) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      s0 = product(x, xOffset, y, yOffset, i, s0);
      if (LENGTH <= 8) {
        s1 = product(x, xOffset, y, yOffset, i + LENGTH, s1);
      }
      if (LENGTH == 4) {
        s2 = product(x, xOffset, y, yOffset, i + 2 * LENGTH, s2);
        s3 = product(x, xOffset, y, yOffset, i + 3 * LENGTH, s3);
      }
    }
    if (i < n) {
      s0 = productBelow(x, xOffset, y, yOffset, i, n, s0);
      s1 = productBelow(x, xOffset, y, yOffset, i + LENGTH, n, s1);
      s2 = productBelow(x, xOffset, y, yOffset, i + 2 * LENGTH, n, s2);
      s3 = productBelow(x, xOffset, y, yOffset, i + 3 * LENGTH, n, s3);
    }
    return Simd.sumLanes(s0, s1, s2, s3);
  }

  /** {@code sum x[i]^2}, each square added by fma; 0 for an empty row. */
  public static float sumSquares(MemorySegment x, long offset, int n) {
    return dot(x, offset, x, offset, n);
  }

  /** {@code sum (x[i] - mean)^2}, each square added by fma; 0 for an empty row. */
  public static float sumSquaredDeviations(MemorySegment x, long offset, int n, float mean) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      s0 = deviation(x, offset, i, mean, s0);
      if (LENGTH <= 8) {
        s1 = deviation(x, offset, i + LENGTH, mean, s1);
      }
      if (LENGTH == 4) {
        s2 = deviation(x, offset, i + 2 * LENGTH, mean, s2);
        s3 = deviation(x, offset, i + 3 * LENGTH, mean, s3);
      }
    }
    if (i < n) {
      s0 = deviationBelow(x, offset, i, n, mean, s0);
      s1 = deviationBelow(x, offset, i + LENGTH, n, mean, s1);
      s2 = deviationBelow(x, offset, i + 2 * LENGTH, n, mean, s2);
      s3 = deviationBelow(x, offset, i + 3 * LENGTH, n, mean, s3);
    }
    return Simd.sumLanes(s0, s1, s2, s3);
  }

  /** {@code max x[i]}; NaN if an element is NaN, minus infinity for an empty row. */
  public static float max(MemorySegment x, long offset, int n) {
    FloatVector m0 = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    FloatVector m2 = m0;
    FloatVector m3 = m0;
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      m0 = m0.max(load(x, offset, i));
      if (LENGTH <= 8) {
        m1 = m1.max(load(x, offset, i + LENGTH));
      }
      if (LENGTH == 4) {
        m2 = m2.max(load(x, offset, i + 2 * LENGTH));
        m3 = m3.max(load(x, offset, i + 3 * LENGTH));
      }
    }
    if (i < n) {
      m0 = maxBelow(x, offset, i, n, m0);
      m1 = maxBelow(x, offset, i + LENGTH, n, m1);
      m2 = maxBelow(x, offset, i + 2 * LENGTH, n, m2);
      m3 = maxBelow(x, offset, i + 3 * LENGTH, n, m3);
    }
    return Simd.maxLanes(m0, m1, m2, m3);
  }

  private static FloatVector product(
      MemorySegment x, long xOffset, MemorySegment y, long yOffset, int i, FloatVector s) {
    return load(x, xOffset, i).fma(load(y, yOffset, i), s);
  }

  private static FloatVector productBelow(
      MemorySegment x, long xOffset, MemorySegment y, long yOffset, int i, int n, FloatVector s) {
    return loadBelow(x, xOffset, i, n).fma(loadBelow(y, yOffset, i, n), s);
  }

  private static FloatVector deviation(
      MemorySegment x, long offset, int i, float mean, FloatVector s) {
    FloatVector d = load(x, offset, i).sub(mean);
    return d.fma(d, s);
  }

  private static FloatVector deviationBelow(
      MemorySegment x, long offset, int i, int n, float mean, FloatVector s) {
    FloatVector d = loadBelow(x, offset, i, n).sub(mean);
    return s.blend(d.fma(d, s), Simd.below(i, n));
  }

  private static FloatVector maxBelow(MemorySegment x, long offset, int i, int n, FloatVector m) {
    VectorMask<Float> inside = Simd.below(i, n);
    return m.blend(m.max(loadBelow(x, offset, i, n)), inside);
  }
}
