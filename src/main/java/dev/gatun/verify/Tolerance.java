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
  private static final int SURROUNDING_ROUNDINGS = 16;
  private static final double CANCELLATION = 4;

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
