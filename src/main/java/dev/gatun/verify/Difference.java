package dev.gatun.verify;

/** The distance of a result from what it should be, over the elements that count. */
final class Difference {
  private double largest;
  private double squares;
  private double expectedSquares;
  private boolean empty = true;

  /** Takes one element into account. */
  void add(double actual, double expected) {
    empty = false;
    double error = actual - expected;
    largest = Double.isNaN(error) ? Double.NaN : Math.max(largest, Math.abs(error));
    squares += error * error;
    expectedSquares += expected * expected;
  }

  /** Whether no element was counted, so that there is nothing to say. */
  boolean isEmpty() {
    return empty;
  }

  /** {@code max|a - e|}. */
  double absolute() {
    return largest;
  }

  /** {@code ‖a - e‖₂/‖e‖₂}; where e is zero, 0 if a is as well and infinite if not. */
  double relative() {
    return squares == 0 ? 0 : Math.sqrt(squares / expectedSquares);
  }

  /** All elements of two arrays of one length. */
  static Difference of(double[] actual, double[] expected) {
    if (actual.length != expected.length) {
      throw new IllegalArgumentException(
          actual.length + " values cannot be compared with " + expected.length);
    }
    Difference difference = new Difference();
    for (int i = 0; i < actual.length; i++) {
      difference.add(actual[i], expected[i]);
    }
    return difference;
  }
}
