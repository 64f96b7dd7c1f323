package dev.gatun.ptx;

import static dev.gatun.ptx.Type.BF16;
import static dev.gatun.ptx.Type.BF16X2;
import static dev.gatun.ptx.Type.F16;
import static dev.gatun.ptx.Type.F16X2;

/**
 * Decodes arithmetic of f16 and bf16, alone and in pairs. A half is computed exactly, or rounded to
 * odd, in double and then rounded once.
 */
final class HalfArithmetic {
  private static final Type[] TYPES = {F16, F16X2, BF16, BF16X2};

  /** A function of the values of up to three halves. */
  private interface Half {
    double apply(double a, double b, double c);
  }

  private HalfArithmetic() {}

  static boolean isHalf(Type type) {
    return type == F16 || type == F16X2 || type == BF16 || type == BF16X2;
  }

  /** add, sub, mul, fma. */
  static Instruction arithmetic(Decoding decoding) {
    String op = decoding.base();
    boolean fma = op.equals("fma");
    boolean rounds = decoding.take("rn");
    if (fma && !rounds) {
      throw decoding.refuse("it needs .rn");
    }
    boolean flush = decoding.take("ftz");
    boolean saturate = decoding.take("sat");
    boolean relu = fma && decoding.take("relu");
    Type type = decoding.type(TYPES);
    refuseFlush(decoding, type, flush || saturate);
    if (saturate && relu) {
      throw decoding.refuse(".sat and .relu do not go together");
    }
    decoding.done(fma ? 4 : 3);
    Half half =
        switch (op) {
          case "add" -> (a, b, _) -> Exact.add(a, b);
          case "sub" -> (a, b, _) -> Exact.add(a, -b);
          case "mul" -> (a, b, _) -> a * b;
          default -> Exact::fma;
        };
    return each(decoding, type, fma ? 3 : 2, flush, finished(half, saturate, relu));
  }

  private static void refuseFlush(Decoding decoding, Type type, boolean has) {
    if (has && FloatFormat.of(type) == FloatFormat.BF16) {
      throw decoding.refuse("there is no .ftz or .sat of bf16");
    }
  }

  private static Half finished(Half half, boolean saturate, boolean relu) {
    if (saturate) {
      return (a, b, c) -> {
        double value = half.apply(a, b, c);
        return value > 0 ? Math.min(value, 1) : 0;
      };
    }
    if (relu) {
      return (a, b, c) -> {
        double value = half.apply(a, b, c);
        return value < 0 || value == 0 ? 0 : value;
      };
    }
    return half;
  }

  /** tanh.approx and ex2.approx. */
  static Instruction approx(Decoding decoding) {
    if (!decoding.take("approx")) {
      throw decoding.refuse("it needs .approx");
    }
    boolean ex2 = decoding.base().equals("ex2");
    boolean flush = ex2 && decoding.take("ftz");
    Type type = decoding.type(TYPES);
    decoding.done(2);
    Approximation function = Approximation.of(decoding.base());
    return each(decoding, type, 1, flush, (a, _, _) -> function.apply(a));
  }

  /** neg, abs. */
  static Instruction negAbs(Decoding decoding, boolean negate) {
    boolean flush = decoding.take("ftz");
    Type type = decoding.type(TYPES);
    refuseFlush(decoding, type, flush);
    if (flush) {
      decoding.done(2);
      return each(decoding, type, 1, true, (a, _, _) -> negate ? -a : Math.abs(a));
    }
    decoding.done(2);
    long signs = type.isPacked() ? 0x8000_8000L : 0x8000L;
    return Lanewise.lanes(
        (x, _, _) -> negate ? x ^ signs : x & ~signs,
        decoding.target(0, type),
        decoding.source(1, type));
  }

  /** min, max. */
  static Instruction minMax(Decoding decoding, boolean min) {
    boolean flush = decoding.take("ftz");
    boolean nan = decoding.take("NaN");
    boolean xorSign = decoding.take("xorsign");
    if (xorSign && !decoding.take("abs")) {
      throw decoding.refuse(".xorsign goes with .abs");
    }
    Type type = decoding.type(TYPES);
    refuseFlush(decoding, type, flush);
    decoding.done(3);
    return each(
        decoding,
        type,
        2,
        flush,
        (a, b, _) -> F32.value(FloatArithmetic.minMax((float) a, (float) b, min, nan, xorSign)));
  }

  /** Applies a function to each half of the operands. */
  private static Instruction each(
      Decoding decoding, Type type, int arity, boolean flush, Half half) {
    FloatFormat format = FloatFormat.of(type);
    LaneFunction one =
        (a, b, c) ->
            flush(
                format,
                format.bits(
                    half.apply(in(format, a, flush), in(format, b, flush), in(format, c, flush)),
                    Rounding.NEAREST),
                flush);
    LaneFunction function =
        type.isPacked()
            ? (a, b, c) ->
                one.apply(a & 0xffff, b & 0xffff, c & 0xffff)
                    | one.apply(a >>> 16, b >>> 16, c >>> 16) << 16
            : one;
    Slot[] sources = new Slot[arity];
    for (int i = 0; i < arity; i++) {
      sources[i] = decoding.source(i + 1, type);
    }
    return Lanewise.lanes(function, decoding.target(0, type), sources);
  }

  private static double in(FloatFormat format, long bits, boolean flush) {
    return format.value(flush(format, bits, flush));
  }

  /** A subnormal number becomes a zero of its sign: one whose exponent is all zeros. */
  private static long flush(FloatFormat format, long bits, boolean flush) {
    int exponent = format == FloatFormat.F16 ? 0x7c00 : 0x7f80;
    return flush && (bits & exponent) == 0 ? bits & 0x8000 : bits;
  }
}
