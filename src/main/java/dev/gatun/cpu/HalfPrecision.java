package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The two 16-bit formats and F32, many at a time. Widening is exact; narrowing rounds to nearest,
 * ties to even, and makes every NaN the quiet NaN of its sign.
 *
 * <pre>
 *   F32   s eeeeeeee mmmmmmm mmmmmmmmmmmmmmmm     bias 127
 *   BF16  s eeeeeeee mmmmmmm                      bias 127
 *   F16   s eeeee mmmmmmmmmm                      bias 15
 * </pre>
 *
 * <p>Elements {@code from <= i < to} of arrays that begin where their segments do.
 */
public final class HalfPrecision {
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, SPECIES.vectorShape());

  private static final int MAGNITUDE = 0x7fffffff;
  private static final int SIGN = 0x8000;
  private static final int INFINITY = 0x7f800000;

  private static final int BF16_NAN = 0x7fc0;

  private static final int F16_INFINITY = 0x7c00;
  private static final int F16_NAN = 0x7e00;

  /** The bits of 2^16 and of 2^-14: what overflows, and the least number that is normal in F16. */
  private static final int F16_OVERFLOW = 0x47800000;

  private static final int F16_NORMAL = 0x38800000;

  /** 2^112: the quotient of the scales that the two biases give to the same exponent bits. */
  private static final float REBIAS = 0x1p112f;

  private static final int REBIAS_BITS = 112 << 23;

  /** Adding 1/2 aligns the last bit of a subnormal F16 with the last of F32, and so rounds it. */
  private static final float SUBNORMAL = 0.5f;

  private HalfPrecision() {}

  /** BF16 to F32. */
  public static void bf16ToF32(MemorySegment x, MemorySegment y, int from, int to) {
    int i = from;
    for (; i <= to - LENGTH; i += LENGTH) {
      Simd.store(bf16ToF32(load(x, i)), y, 0, i);
    }
    if (i < to) {
      Simd.storeBelow(bf16ToF32(loadBelow(x, i, to)), y, 0, i, to);
    }
  }

  /** F32 to BF16. */
  public static void f32ToBf16(MemorySegment x, MemorySegment y, int from, int to) {
    int i = from;
    for (; i <= to - LENGTH; i += LENGTH) {
      store(f32ToBf16(Simd.load(x, 0, i)), y, i);
    }
    if (i < to) {
      storeBelow(f32ToBf16(Simd.loadBelow(x, 0, i, to)), y, i, to);
    }
  }

  /** F16 to F32. */
  public static void f16ToF32(MemorySegment x, MemorySegment y, int from, int to) {
    int i = from;
    for (; i <= to - LENGTH; i += LENGTH) {
      Simd.store(f16ToF32(load(x, i)), y, 0, i);
    }
    if (i < to) {
      Simd.storeBelow(f16ToF32(loadBelow(x, i, to)), y, 0, i, to);
    }
  }

  /** F32 to F16. */
  public static void f32ToF16(MemorySegment x, MemorySegment y, int from, int to) {
    int i = from;
    for (; i <= to - LENGTH; i += LENGTH) {
      store(f32ToF16(Simd.load(x, 0, i)), y, i);
    }
    if (i < to) {
      storeBelow(f32ToF16(Simd.loadBelow(x, 0, i, to)), y, i, to);
    }
  }

  private static FloatVector bf16ToF32(IntVector halves) {
    return halves.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static IntVector f32ToBf16(FloatVector x) {
    IntVector bits = x.reinterpretAsInts();
    IntVector upper = bits.lanewise(VectorOperators.LSHR, 16);
    IntVector rounded = bits.add(0x7fff).add(upper.and(1)).lanewise(VectorOperators.LSHR, 16);
    VectorMask<Integer> nan = bits.and(MAGNITUDE).compare(VectorOperators.GT, INFINITY);
    return rounded.blend(upper.and(SIGN).or(BF16_NAN), nan);
  }

  private static FloatVector f16ToF32(IntVector halves) {
    IntVector magnitude = halves.and(~SIGN).lanewise(VectorOperators.LSHL, 13);
    IntVector bits = magnitude.reinterpretAsFloats().mul(REBIAS).reinterpretAsInts();
    VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, F16_INFINITY << 13);
    bits = bits.blend(magnitude.or(INFINITY), special);
    return bits.or(halves.and(SIGN).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats();
  }

  private static IntVector f32ToF16(FloatVector x) {
    IntVector bits = x.reinterpretAsInts();
    IntVector magnitude = bits.and(MAGNITUDE);
    IntVector odd = magnitude.lanewise(VectorOperators.LSHR, 13).and(1);
    IntVector y = magnitude.add(odd).add(0xfff - REBIAS_BITS).lanewise(VectorOperators.LSHR, 13);
    IntVector subnormal =
        magnitude
            .reinterpretAsFloats()
            .add(SUBNORMAL)
            .reinterpretAsInts()
            .sub(Float.floatToRawIntBits(SUBNORMAL));
    y = y.blend(subnormal, magnitude.compare(VectorOperators.LT, F16_NORMAL));
    y = y.blend(F16_INFINITY, magnitude.compare(VectorOperators.GE, F16_OVERFLOW));
    y = y.blend(F16_NAN, magnitude.compare(VectorOperators.GT, INFINITY));
    return y.or(bits.lanewise(VectorOperators.LSHR, 16).and(SIGN));
  }

  private static IntVector load(MemorySegment x, int i) {
    return widen(ShortVector.fromMemorySegment(SHORTS, x, 2L * i, ORDER));
  }

  private static IntVector loadBelow(MemorySegment x, int i, int to) {
    VectorMask<Short> below = SHORTS.indexInRange(i, to);
    return widen(ShortVector.fromMemorySegment(SHORTS, x, 2L * i, ORDER, below));
  }

  private static IntVector widen(ShortVector halves) {
    return (IntVector) halves.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
  }

  private static void store(IntVector halves, MemorySegment y, int i) {
    ShortVector narrow = (ShortVector) halves.convertShape(VectorOperators.I2S, SHORTS, 0);
    narrow.intoMemorySegment(y, 2L * i, ORDER);
  }

  private static void storeBelow(IntVector halves, MemorySegment y, int i, int to) {
    ShortVector narrow = (ShortVector) halves.convertShape(VectorOperators.I2S, SHORTS, 0);
    narrow.intoMemorySegment(y, 2L * i, ORDER, SHORTS.indexInRange(i, to));
  }
}
