package dev.gatun.verify;

import java.util.List;

/**
 * A case with what is expected of it.
 *
 * @param variant how a device computes it
 * @param what names it in reports
 * @param expected the outputs by the definition of the operation
 * @param tolerances for each output, the largest admissible error of an element
 */
@SuppressWarnings("ArrayRecordComponent") // nobody changes the elements
record Trial(
    Level level,
    Case sample,
    Variant variant,
    String what,
    List<double[]> expected,
    double[] tolerances) {
  Trial {
    expected = List.copyOf(expected);
  }

  /** A case that an operation computes as it does by itself. */
  Trial(Level level, Case sample, String what, List<double[]> expected, double[] tolerances) {
    this(level, sample, Variant.USUAL, what, expected, tolerances);
  }

  /** A case that has values of the size for which its operation is made. */
  static Trial of(Case sample) {
    return of(Level.FORWARD, sample, Variant.USUAL, sample.toString());
  }

  /** A case that a device computes in another way than usual. */
  static Trial of(Case sample, Variant variant) {
    return of(Level.VARIANTS, sample, variant, "%s by %s".formatted(sample, variant));
  }

  /** The same at any level, under a name. */
  static Trial of(Level level, Case sample, Variant variant, String what) {
    Case rounded = variant.onHost(sample);
    List<double[]> expected = rounded.reference();
    double[] tolerances = new double[expected.size()];
    for (int i = 0; i < tolerances.length; i++) {
      tolerances[i] = Tolerance.f32(rounded.reduction(), Tolerance.magnitude(expected.get(i)));
    }
    return new Trial(level, sample, variant, what, expected, tolerances);
  }
}
