package dev.gatun.verify;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/** Values that break careless code, put into one input of an operation. */
@SuppressWarnings("ImmutableEnumChecker") // the lambdas hold nothing
enum Adversity {
  /** Alternating signs. */
  ZEROS(Adversity::zeros),
  /** Below the smallest normal number: flushed to zero by some modes of a GPU. */
  DENORMALS(values -> scaled(values, 1e-40)),
  /** Logits of ±10⁴. */
  HUGE(values -> scaled(values, 1e4)),
  NAN_FIRST(values -> with(values, 0, Double.NaN)),
  /** The one that NVIDIA's arithmetic makes: all bits set, so that rounding its bits overflows. */
  NAN_LAST(values -> with(values, 1, Float.intBitsToFloat(0x7fffffff))),
  INFINITY_MIDDLE(values -> with(values, 0.5, Double.POSITIVE_INFINITY)),
  MINUS_INFINITY_LAST(values -> with(values, 1, Double.NEGATIVE_INFINITY));

  private final UnaryOperator<double[]> change;

  Adversity(UnaryOperator<double[]> change) {
    this.change = change;
  }

  /** The values changed. */
  double[] of(double[] values) {
    return change.apply(values);
  }

  /** Whether all values change, so that only inputs that may have any values can take it. */
  boolean replacesAll() {
    return switch (this) {
      case ZEROS, DENORMALS, HUGE -> true;
      case NAN_FIRST, NAN_LAST, INFINITY_MIDDLE, MINUS_INFINITY_LAST -> false;
    };
  }

  private static double[] zeros(double[] values) {
    double[] zeros = new double[values.length];
    for (int i = 1; i < zeros.length; i += 2) {
      zeros[i] = -0.0;
    }
    return zeros;
  }

  private static double[] scaled(double[] values, double factor) {
    return Arrays.stream(values).map(value -> (float) (value * factor)).toArray();
  }

  private static double[] with(double[] values, double place, double value) {
    double[] changed = values.clone();
    changed[(int) Math.round(place * (values.length - 1))] = value;
    return changed;
  }
}
