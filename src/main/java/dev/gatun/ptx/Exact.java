package dev.gatun.ptx;

import java.math.BigDecimal;

/**
 * Results that can still be rounded in any way. For operands of at most 24 bits the result is a
 * double rounded to odd: the last bit is set wherever something was cut off. Rounding it once more,
 * to 24 bits or fewer, gives what rounding the infinitely precise result would give (Boldo and
 * Melquiond, 2008).
 */
final class Exact {
  private Exact() {}

  /** a + b. */
  static double add(double a, double b) {
    double sum = a + b;
    double bPart = sum - a;
    double error = (a - (sum - bPart)) + (b - bPart);
    return odd(sum, error);
  }

  /** a · b, which has at most 48 bits. */
  static double mul(double a, double b) {
    return a * b;
  }

  /** a · b + c. */
  static double fma(double a, double b, double c) {
    return add(a * b, c);
  }

  /** a / b. */
  static double div(double a, double b) {
    double quotient = a / b;
    if (!Double.isFinite(quotient) || quotient == 0 || Double.isInfinite(b)) {
      return quotient;
    }
    double remainder = Math.fma(-quotient, b, a);
    return odd(quotient, b > 0 ? remainder : -remainder);
  }

  static double sqrt(double a) {
    double root = Math.sqrt(a);
    return root > 0 && root < Double.POSITIVE_INFINITY ? odd(root, Math.fma(-root, root, a)) : root;
  }

  private static double odd(double value, double error) {
    if (error == 0 || !Double.isFinite(value) || Double.isNaN(error)) {
      return value;
    }
    long bits = Double.doubleToRawLongBits(value);
    if ((bits & 1) != 0) {
      return value;
    }
    return Double.longBitsToDouble((error > 0) == (value > 0) ? bits + 1 : bits - 1);
  }

  /** The sign of a zero that is the exact sum of two numbers of opposite sign. */
  static double zero(Rounding mode) {
    return mode == Rounding.DOWN ? -0.0 : 0.0;
  }

  /**
   * The double that the mode chooses.
   *
   * @param nearest the exact value to nearest
   * @param exact the exact value
   */
  static double round(double nearest, BigDecimal exact, Rounding mode) {
    return round(nearest, compare(exact, nearest), exact.signum(), mode);
  }

  /**
   * The double that the mode chooses.
   *
   * @param excess the sign of the exact value minus {@code nearest}
   */
  static double round(double nearest, int excess, int sign, Rounding mode) {
    boolean up = mode == Rounding.UP || (mode == Rounding.ZERO && sign < 0);
    boolean down = mode == Rounding.DOWN || (mode == Rounding.ZERO && sign > 0);
    if (excess > 0 && up) {
      return Math.nextUp(nearest);
    }
    return excess < 0 && down ? Math.nextDown(nearest) : nearest;
  }

  static int compare(BigDecimal exact, double candidate) {
    return Double.isInfinite(candidate)
        ? (candidate > 0 ? -1 : 1)
        : exact.compareTo(new BigDecimal(candidate));
  }
}
