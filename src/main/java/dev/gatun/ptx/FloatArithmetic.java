package dev.gatun.ptx;

/** Decodes arithmetic of single and double precision. */
final class FloatArithmetic {
  /** How a single-precision result is finished. */
  private record Finish(Rounding rounding, boolean flush, boolean saturate) {
    boolean plain() {
      return rounding == Rounding.NEAREST && !flush && !saturate;
    }

    float in(long bits) {
      float value = F32.value(bits);
      return flush ? F32.flush(value) : value;
    }

    /** Rounds a value that is exact or rounded to odd. */
    long out(double exact) {
      float value = (float) FloatFormat.F32.round(exact, rounding);
      return finish(value);
    }

    long finish(float value) {
      float flushed = flush ? F32.flush(value) : value;
      return F32.bits(saturate ? F32.saturate(flushed) : flushed);
    }
  }

  private FloatArithmetic() {}

  private static Finish finish(Decoding decoding, Rounding rounding) {
    boolean flush = decoding.take("ftz");
    return new Finish(rounding, flush, decoding.take("sat"));
  }

  private static double value(long bits) {
    return Double.longBitsToDouble(bits);
  }

  /** add, sub, mul. */
  static Instruction addSubMul(Decoding decoding) {
    String op = decoding.base();
    Finish finish = finish(decoding, decoding.rounding(Rounding.NEAREST));
    Type type = decoding.type(Type.F32, Type.F64);
    refuseOnDouble(decoding, type, finish);
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    if (type == Type.F64) {
      return Lanewise.lanes(Doubles.addSubMul(op, finish.rounding), d, a, b);
    }
    if (finish.plain()) {
      return Lanewise.ints(
          switch (op) {
            case "add" -> Loops::addF;
            case "sub" -> Loops::subF;
            default -> Loops::mulF;
          },
          d,
          a,
          b);
    }
    return Lanewise.lanes(
        switch (op) {
          case "add" -> (x, y, _) -> sum(finish, finish.in(x), finish.in(y));
          case "sub" -> (x, y, _) -> sum(finish, finish.in(x), -finish.in(y));
          default -> (x, y, _) -> finish.out(Exact.mul(finish.in(x), finish.in(y)));
        },
        d,
        a,
        b);
  }

  private static long sum(Finish finish, double x, double y) {
    double sum = Exact.add(x, y);
    boolean cancelled = sum == 0 && Math.copySign(1, x) != Math.copySign(1, y);
    return finish.out(cancelled ? Exact.zero(finish.rounding) : sum);
  }

  private static void refuseOnDouble(Decoding decoding, Type type, Finish finish) {
    if (type == Type.F64 && (finish.flush || finish.saturate)) {
      throw decoding.refuse("there is no .ftz or .sat of f64");
    }
  }

  /** fma, and mad, which is the same. */
  static Instruction fma(Decoding decoding) {
    Rounding rounding = decoding.rounding(Rounding.AWAY);
    if (rounding == Rounding.AWAY) {
      throw decoding.refuse("it needs a rounding mode");
    }
    Finish finish = finish(decoding, rounding);
    Type type = decoding.type(Type.F32, Type.F64);
    refuseOnDouble(decoding, type, finish);
    decoding.done(4);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    Slot c = decoding.source(3, type);
    if (type == Type.F64) {
      return Lanewise.lanes(Doubles.fma(rounding), d, a, b, c);
    }
    if (finish.plain()) {
      return Lanewise.ints(Loops::fmaF, d, a, b, c);
    }
    return Lanewise.lanes(
        (x, y, z) -> sum(finish, Exact.mul(finish.in(x), finish.in(y)), finish.in(z)), d, a, b, c);
  }

  /** div: correctly rounded also for .full; .approx gives 0 for huge divisors, as the ISA says. */
  static Instruction div(Decoding decoding) {
    String kind = decoding.oneOf("", "approx", "full");
    Rounding rounding = kind.isEmpty() ? requireRounding(decoding) : Rounding.NEAREST;
    Finish finish = new Finish(rounding, decoding.take("ftz"), false);
    Type type = kind.isEmpty() ? decoding.type(Type.F32, Type.F64) : decoding.type(Type.F32);
    refuseOnDouble(decoding, type, finish);
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    if (type == Type.F64) {
      return Lanewise.lanes(Doubles.div(rounding), d, a, b);
    }
    if (finish.plain() && !kind.equals("approx")) {
      return Lanewise.ints(Loops::divF, d, a, b);
    }
    boolean approx = kind.equals("approx");
    return Lanewise.lanes(
        (x, y, _) -> {
          double divisor = finish.in(y);
          double dividend = finish.in(x);
          boolean huge = Math.abs(divisor) > 0x1p126 && Double.isFinite(divisor);
          double quotient =
              approx && huge ? dividend * 0.0 * divisor : Exact.div(dividend, divisor);
          return finish.out(quotient);
        },
        d,
        a,
        b);
  }

  private static Rounding requireRounding(Decoding decoding) {
    Rounding rounding = decoding.rounding(Rounding.AWAY);
    if (rounding == Rounding.AWAY) {
      throw decoding.refuse("it needs .approx, .full or a rounding mode");
    }
    return rounding;
  }

  /** rcp, sqrt, with .approx or a rounding mode. */
  static Instruction rcpSqrt(Decoding decoding, boolean reciprocal) {
    boolean approx = decoding.take("approx");
    Rounding rounding = approx ? Rounding.NEAREST : requireRounding(decoding);
    Finish finish = new Finish(rounding, decoding.take("ftz"), false);
    Type type = decoding.type(Type.F32, Type.F64);
    boolean approxDouble = reciprocal && approx && finish.flush;
    if (type == Type.F64 && (approx || finish.flush) && !approxDouble) {
      throw decoding.refuse("there is no such form of f64");
    }
    decoding.done(2);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    if (type == Type.F64) {
      LaneFunction function = reciprocal ? Doubles.rcp(rounding) : Doubles.sqrt(rounding);
      return Lanewise.lanes(approxDouble ? Doubles.highHalf(x -> 1 / x) : function, d, a);
    }
    return Lanewise.lanes(
        (x, _, _) -> {
          double value = finish.in(x);
          return finish.out(reciprocal ? Exact.div(1, value) : Exact.sqrt(value));
        },
        d,
        a);
  }

  /** rsqrt, sin, cos, lg2, ex2, tanh: within the error bounds of the ISA. */
  static Instruction approx(Decoding decoding) {
    String op = decoding.base();
    if (!decoding.take("approx")) {
      throw decoding.refuse("it needs .approx");
    }
    boolean flush = decoding.take("ftz");
    Type type = op.equals("rsqrt") ? decoding.type(Type.F32, Type.F64) : decoding.type(Type.F32);
    if (op.equals("tanh") && flush) {
      throw decoding.refuse("there is no .ftz of tanh");
    }
    decoding.done(2);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    if (type == Type.F64) {
      return Lanewise.lanes(
          flush
              ? Doubles.highHalf(x -> 1 / Math.sqrt(x))
              : (x, _, _) -> Double.doubleToRawLongBits(1 / Math.sqrt(value(x))),
          d,
          a);
    }
    Finish finish = new Finish(Rounding.NEAREST, flush, false);
    Approximation function = Approximation.of(op);
    return Lanewise.lanes((x, _, _) -> finish.finish((float) function.apply(finish.in(x))), d, a);
  }

  /** neg, abs: only the sign changes. */
  static Instruction negAbs(Decoding decoding, boolean negate) {
    boolean flush = decoding.take("ftz");
    Type type = decoding.type(Type.F32, Type.F64);
    Finish finish = new Finish(Rounding.NEAREST, flush, false);
    refuseOnDouble(decoding, type, finish);
    decoding.done(2);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    if (type == Type.F64) {
      return Lanewise.lanes((x, _, _) -> negate ? x ^ Long.MIN_VALUE : x & Long.MAX_VALUE, d, a);
    }
    if (!flush) {
      return Lanewise.ints(negate ? Loops::negF : Loops::absF, d, a);
    }
    return Lanewise.lanes(
        (x, _, _) -> finish.finish(negate ? -finish.in(x) : Math.abs(finish.in(x))), d, a);
  }

  /** min, max, with .NaN and .xorsign.abs. */
  static Instruction minMax(Decoding decoding, boolean min) {
    boolean flush = decoding.take("ftz");
    boolean nan = decoding.take("NaN");
    boolean xorSign = decoding.take("xorsign");
    if (xorSign && !decoding.take("abs")) {
      throw decoding.refuse(".xorsign goes with .abs");
    }
    Type type = decoding.type(Type.F32, Type.F64);
    Finish finish = new Finish(Rounding.NEAREST, flush, false);
    if (type == Type.F64 && (flush || nan || xorSign)) {
      throw decoding.refuse("there is no such form of f64");
    }
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    if (type == Type.F64) {
      return Lanewise.lanes(Doubles.minMax(min), d, a, b);
    }
    if (!flush && !nan && !xorSign) {
      return Lanewise.ints(min ? Loops::minF : Loops::maxF, d, a, b);
    }
    return Lanewise.lanes(
        (x, y, _) -> minMax(finish.in(x), finish.in(y), min, nan, xorSign), d, a, b);
  }

  /** The bits of the lesser or greater of two floats. */
  static long minMax(float x, float y, boolean min, boolean nan, boolean xorSign) {
    if (nan && (Float.isNaN(x) || Float.isNaN(y))) {
      return F32.bits(Float.NaN);
    }
    int sign = (Float.floatToRawIntBits(x) ^ Float.floatToRawIntBits(y)) & Integer.MIN_VALUE;
    int a = Float.floatToRawIntBits(xorSign ? Math.abs(x) : x);
    int b = Float.floatToRawIntBits(xorSign ? Math.abs(y) : y);
    int result = min ? F32.min(a, b) : F32.max(a, b);
    boolean number = !Float.isNaN(Float.intBitsToFloat(result));
    return xorSign && number ? result | sign : result;
  }

  /** copysign: b with the sign of a. */
  static Instruction copySign(Decoding decoding) {
    Type type = decoding.type(Type.F32, Type.F64);
    decoding.done(3);
    long sign = 1L << (type.bits() - 1);
    return Lanewise.lanes(
        (x, y, _) -> (x & sign) | (y & ~sign),
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, type));
  }

  /** testp: a property of a number; zeros count as normal. */
  static Instruction test(Decoding decoding) {
    String property =
        decoding.require("finite", "infinite", "number", "notanumber", "normal", "subnormal");
    Type type = decoding.type(Type.F32, Type.F64);
    decoding.done(2);
    double least = type == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
    return Lanewise.lanes(
        (bits, _, _) -> {
          double x = Math.abs(type == Type.F32 ? F32.value(bits) : value(bits));
          boolean holds =
              switch (property) {
                case "finite" -> x <= Double.MAX_VALUE;
                case "infinite" -> x == Double.POSITIVE_INFINITY;
                case "number" -> !Double.isNaN(x);
                case "notanumber" -> Double.isNaN(x);
                case "normal" -> (x >= least && x <= Double.MAX_VALUE) || x == 0;
                default -> x < least && x > 0;
              };
          return holds ? 1 : 0;
        },
        decoding.target(0, Type.PRED),
        decoding.source(1, type));
  }
}
