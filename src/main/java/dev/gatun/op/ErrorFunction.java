package dev.gatun.op;

/**
 * The error function in double, for the reference.
 *
 * <pre>
 *   |x| &lt; 3:  erf x = 2/√π·e^(-x²)·Σ_n 2ⁿ·x^(2n+1) / (1·3·5 ··· (2n+1))
 *   |x| ≥ 3:  erf x = 1 - e^(-x²)/√π / (x + ½/(x + 1/(x + 3/2/(x + 2/(x + ···)))))
 * </pre>
 *
 * <p>Abramowitz, Stegun, "Handbook of Mathematical Functions", 7.1.6 (a series of terms of one
 * sign) and 7.1.14.
 */
final class ErrorFunction {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
  private static final double SERIES_BELOW = 3;
  private static final int FRACTION_TERMS = 60;

  private ErrorFunction() {}

  /** {@code erf x}, to about 1e-15. */
  static double erf(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    double magnitude = Math.abs(x);
    double y = magnitude < SERIES_BELOW ? series(magnitude) : 1 - complement(magnitude);
    return Math.copySign(y, x);
  }

  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; term > sum * 0x1p-54; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
  }

  private static double complement(double x) {
    double denominator = x;
    for (int k = FRACTION_TERMS; k > 0; k--) {
      denominator = x + k / 2.0 / denominator;
    }
    return TWO_OVER_SQRT_PI / 2 * Math.exp(-x * x) / denominator;
  }
}
