package dev.gatun.verify;

/**
 * One comparison of a result with what it should be.
 *
 * @param what the operation, sample and output, or the fixture, case and tensor
 * @param error the largest error, in the measure that {@code tolerance} is in
 * @param tolerance the largest admissible error
 */
public record Comparison(String what, double error, double tolerance) {
  /** Whether the error is within the tolerance; an error that is not a number is not. */
  public boolean passes() {
    return error <= tolerance;
  }

  /** The share of the tolerance that was used. */
  public double margin() {
    return tolerance == 0 ? (error == 0 ? 0 : Double.POSITIVE_INFINITY) : error / tolerance;
  }

  @Override
  public String toString() {
    return "%s %s: error %.3g, tolerance %.3g, %.0f %% of it used"
        .formatted(passes() ? "pass" : "FAIL", what, error, tolerance, 100 * margin());
  }
}
