package dev.gatun.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one vector shape of the process, and the summation order that hides it.
 *
 * <p>A sum over a row has the same bits for vectors of 128, 256 and 512 bits: it is 16 interleaved
 * partial sums, element i going to partial sum i mod 16, which are then added in a fixed tree.
 *
 * <pre>
 *   s[l]  = x[l] + x[l+16] + x[l+32] + ...        l = 0 .. 15, in ascending order
 *   s[l] += s[l+8]  (l &lt; 8);   s[l] += s[l+4]  (l &lt; 4);   s[l] += s[l+2]  (l &lt; 2)
 *   sum   = s[0] + s[1]
 * </pre>
 *
 * <p>The partial sums sit in one vector of 16 lanes, two of 8 or four of 4. A loop keeps four
 * accumulators and guards those it does not need with the constant {@link #LENGTH}, so that the
 * compiler removes them. A loop of one's own looks like this, for a sum of f(x):
 *
 * <pre>
 *   FloatVector s0 = FloatVector.zero(SPECIES), s1 = s0, s2 = s0, s3 = s0;
 *   int i = 0;
 *   for (; i &lt;= n - LANES; i += LANES) {
 *     s0 = s0.add(f(load(x, offset, i)));
 *     if (LENGTH &lt;= 8) s1 = s1.add(f(load(x, offset, i + LENGTH)));
 *     if (LENGTH == 4) { s2 = ... i + 2 * LENGTH;  s3 = ... i + 3 * LENGTH; }
 *   }
 *   // the rest the same way with loadBelow(x, offset, i, n) where f(0) = 0, else under below(i, n)
 *   return sumLanes(s0, s1, s2, s3);
 * </pre>
 */
public final class Simd {
  /** The preferred shape of the hardware, between 128 and 512 bits. */
  public static final VectorSpecies<Float> SPECIES = species();

  /** Lanes of {@link #SPECIES}: 4, 8 or 16. */
  public static final int LENGTH = SPECIES.length();

  /** The order of bytes in memory, for vector loads and stores. */
  public static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** The number of interleaved partial sums, whatever the shape. */
  public static final int LANES = 16;

  private static final VectorShuffle<Float> SWAP_8 = swap(8);
  private static final VectorShuffle<Float> SWAP_4 = swap(4);
  private static final VectorShuffle<Float> SWAP_2 = swap(2);
  private static final VectorShuffle<Float> SWAP_1 = swap(1);

  private Simd() {}

  /**
   * Elements {@code i .. i + LENGTH - 1} of an array of F32 that begins {@code offset} bytes in.
   */
  public static FloatVector load(MemorySegment x, long offset, int i) {
    return FloatVector.fromMemorySegment(SPECIES, x, offset + 4L * i, ORDER);
  }

  /** Stores a vector as elements {@code i .. i + LENGTH - 1}. */
  public static void store(FloatVector vector, MemorySegment x, long offset, int i) {
    vector.intoMemorySegment(x, offset + 4L * i, ORDER);
  }

  /** The lanes l with {@code i + l < n}: none, some or all. */
  public static VectorMask<Float> below(int i, int n) {
    return SPECIES.indexInRange(i, n);
  }

  /** Like {@link #load}, with zeros in the place of elements from {@code n} on. */
  public static FloatVector loadBelow(MemorySegment x, long offset, int i, int n) {
    return FloatVector.fromMemorySegment(SPECIES, x, offset + 4L * i, ORDER, below(i, n));
  }

  /** Like {@link #store}, leaving elements from {@code n} on as they are. */
  public static void storeBelow(FloatVector vector, MemorySegment x, long offset, int i, int n) {
    vector.intoMemorySegment(x, offset + 4L * i, ORDER, below(i, n));
  }

  /** The sum of 16 partial sums in the fixed order; vectors beyond the 16th lane are ignored. */
  public static float sumLanes(FloatVector s0, FloatVector s1, FloatVector s2, FloatVector s3) {
    FloatVector s = s0;
    if (LENGTH == 8) {
      s = s0.add(s1);
    } else if (LENGTH == 4) {
      s = s0.add(s2).add(s1.add(s3));
    }
    if (LENGTH == 16) {
      s = s.add(s.rearrange(SWAP_8));
    }
    if (LENGTH >= 8) {
      s = s.add(s.rearrange(SWAP_4));
    }
    s = s.add(s.rearrange(SWAP_2));
    return s.add(s.rearrange(SWAP_1)).lane(0);
  }

  /** The largest of 16 lanes, NaN if there is one; vectors beyond the 16th lane are ignored. */
  public static float maxLanes(FloatVector m0, FloatVector m1, FloatVector m2, FloatVector m3) {
    FloatVector m = m0;
    if (LENGTH <= 8) {
      m = m.max(m1);
    }
    if (LENGTH == 4) {
      m = m.max(m2.max(m3));
    }
    return m.reduceLanes(VectorOperators.MAX);
  }

  private static VectorSpecies<Float> species() {
    VectorSpecies<Float> preferred = FloatVector.SPECIES_PREFERRED;
    if (preferred.length() > LANES) {
      return FloatVector.SPECIES_512;
    }
    return preferred.length() < 4 ? FloatVector.SPECIES_128 : preferred;
  }

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane ^ distance) & (LENGTH - 1));
  }
}
