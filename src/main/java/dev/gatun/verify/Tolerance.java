package dev.gatun.verify;

/**
 * How far a result in F32 may be from the reference: computed, not chosen.
 *
 * <pre>
 *   |y - ŷ| ≤ γ_n · max|y|·κ,    γ_n = n·u / (1 - n·u),    u = 2⁻²⁴
 * </pre>
 *
 * <p>n counts the roundings on the way to one element: the terms of its sum, and a constant for
 * what surrounds the sum (elementary functions, scaling). κ covers that a sum can be smaller than
 * its terms. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, section 3.1.
 */
public final class Tolerance {
  private static final double UNIT_ROUNDOFF = 0x1p-24;
  static final int SURROUNDING_ROUNDINGS = 16;
  private static final double CANCELLATION = 4;
  private static final double CERTAINTY = 8; // λ

  private Tolerance() {}

  /**
   * The largest admissible absolute error.
   *
   * @param reduction the number of terms that one element sums
   * @param magnitude the largest absolute value of the reference
   */
  public static double f32(int reduction, double magnitude) {
    double nu = (reduction + SURROUNDING_ROUNDINGS) * UNIT_ROUNDOFF;
    return nu / (1 - nu) * CANCELLATION * Math.max(magnitude, Float.MIN_NORMAL);
  }

  /**
   * The largest admissible absolute error behind a chain of operations.
   *
   * <pre>
   *   |y - ŷ| ≤ γ̃_n·max|y|·κ,    γ̃_n = exp(λ·√n·u + n·u²/(1 - u)) - 1,    λ = 8
   * </pre>
   *
   * <p>Here n is so large that γ_n, which lets all errors have one sign, would admit mistakes. If
   * they are independent with mean 0, this holds but for a probability of {@code 2n·exp(-λ²/2)},
   * which is below 10⁻⁷ for the n of a model here. Higham, Mary, "A New Approach to Probabilistic
   * Rounding Error Analysis", 2019, theorem 2.4.
   *
   * @param roundings n: all of those that the result depends on
   */
  static double chain(long roundings, double magnitude) {
    double exponent =
        CERTAINTY * Math.sqrt((double) roundings) * UNIT_ROUNDOFF
            + roundings * UNIT_ROUNDOFF * UNIT_ROUNDOFF / (1 - UNIT_ROUNDOFF);
    return Math.expm1(exponent) * CANCELLATION * Math.max(magnitude, Float.MIN_NORMAL);
  }

  /** The largest finite absolute value; 0 if there is none. */
  static double magnitude(double[] values) {
    double magnitude = 0;
    for (double value : values) {
      if (Double.isFinite(value)) {
        magnitude = Math.max(magnitude, Math.abs(value));
      }
    }
    return magnitude;
  }
}
