package dev.gatun.ptx;

import java.math.BigDecimal;
import java.util.function.DoubleUnaryOperator;

/** Double-precision arithmetic in every rounding mode. */
final class Doubles {
  private Doubles() {}

  private static double value(long bits) {
    return Double.longBitsToDouble(bits);
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  static LaneFunction addSubMul(String op, Rounding rounding) {
    if (op.equals("mul")) {
      return (x, y, _) -> bits(fma(value(x), value(y), Double.NaN, false, rounding));
    }
    double sign = op.equals("add") ? 1 : -1;
    return (x, y, _) -> bits(fma(1, value(x), sign * value(y), true, rounding));
  }

  static LaneFunction fma(Rounding rounding) {
    return (x, y, z) -> bits(fma(value(x), value(y), value(z), true, rounding));
  }

  /** a · b, plus c if wanted. */
  private static double fma(double a, double b, double c, boolean sum, Rounding rounding) {
    double nearest = sum ? Math.fma(a, b, c) : a * b;
    boolean finite = Double.isFinite(a) && Double.isFinite(b) && (!sum || Double.isFinite(c));
    if (rounding == Rounding.NEAREST || !finite) {
      return nearest;
    }
    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b));
    exact = sum ? exact.add(new BigDecimal(c)) : exact;
    if (exact.signum() == 0) {
      double product = a * b;
      boolean opposite = sum && Math.copySign(1, product) != Math.copySign(1, c);
      return opposite ? Exact.zero(rounding) : nearest;
    }
    return Exact.round(nearest, exact, rounding);
  }

  static LaneFunction div(Rounding rounding) {
    return (x, y, _) -> bits(div(value(x), value(y), rounding));
  }

  static LaneFunction rcp(Rounding rounding) {
    return (x, _, _) -> bits(div(1, value(x), rounding));
  }

  private static double div(double a, double b, Rounding rounding) {
    double nearest = a / b;
    boolean special = !Double.isFinite(a) || !Double.isFinite(b) || a == 0 || b == 0;
    if (rounding == Rounding.NEAREST || special) {
      return nearest;
    }
    int sign = (int) (Math.signum(a) * Math.signum(b));
    int excess =
        Double.isInfinite(nearest)
            ? -sign
            : new BigDecimal(a)
                .subtract(new BigDecimal(nearest).multiply(new BigDecimal(b)))
                .multiply(new BigDecimal(b))
                .signum();
    return Exact.round(nearest, excess, sign, rounding);
  }

  static LaneFunction sqrt(Rounding rounding) {
    return (x, _, _) -> {
      double a = value(x);
      double nearest = Math.sqrt(a);
      if (rounding == Rounding.NEAREST || !(a > 0) || Double.isInfinite(a)) {
        return bits(nearest);
      }
      BigDecimal root = new BigDecimal(nearest);
      int excess = new BigDecimal(a).compareTo(root.multiply(root));
      return bits(Exact.round(nearest, excess, 1, rounding));
    };
  }

  /** The smaller or greater one; a NaN gives way to a number. */
  static LaneFunction minMax(boolean min) {
    return (x, y, _) -> {
      double a = value(x);
      double b = value(y);
      if (Double.isNaN(a) || Double.isNaN(b)) {
        return Double.isNaN(a) ? y : x;
      }
      return bits(min ? Math.min(a, b) : Math.max(a, b));
    };
  }

  /** The approximations of f64 compute the upper 32 bits and clear the lower ones. */
  static LaneFunction highHalf(DoubleUnaryOperator function) {
    return (x, _, _) -> {
      double a = value(x);
      double flushed = Math.abs(a) < Double.MIN_NORMAL ? Math.copySign(0.0, a) : a;
      double result = function.applyAsDouble(flushed);
      double kept = Math.abs(result) < Double.MIN_NORMAL ? Math.copySign(0.0, result) : result;
      return bits(kept) & 0xffff_ffff_0000_0000L;
    };
  }
}
