package dev.gatun.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * How far the elements of a result are from what they should be.
 *
 * @param worst the error of the element that uses the largest share of its tolerance; infinite
 *     where a number stands in place of a NaN or the other way round
 * @param tolerance of that element
 * @param shares how many elements used which share: none, then by powers of ten up to 1, then more
 */
public record Errors(double worst, double tolerance, List<Integer> shares) {
  /** The smallest share that has a bin of its own is 10 to minus this. */
  private static final int DECADES = 6;

  /** The number of {@link #shares}: exact, below 10⁻⁶, ..., below 1, 1 and more. */
  static final int BINS = DECADES + 3;

  public Errors {
    shares = List.copyOf(shares);
  }

  /** What a bin of {@link #shares} holds. */
  static String label(int bin) {
    if (bin == 0) {
      return "0";
    }
    return bin == BINS - 1 ? ">1" : bin == BINS - 2 ? "1" : "1e-" + (DECADES + 1 - bin);
  }

  /** No element. */
  static Errors none() {
    return of(new double[0], new double[0], i -> 0);
  }

  /** Elements of one result, each with its own tolerance. */
  static Errors of(double[] actual, double[] expected, IntToDoubleFunction tolerance) {
    if (actual.length != expected.length) {
      throw new IllegalArgumentException(
          actual.length + " values cannot be compared with " + expected.length);
    }
    int[] bins = new int[BINS];
    double worst = 0;
    double allowed = actual.length == 0 ? 0 : tolerance.applyAsDouble(0);
    double largest = -1;
    for (int i = 0; i < actual.length; i++) {
      double error = error(actual[i], expected[i]);
      double admissible = tolerance.applyAsDouble(i);
      double share = error == 0 ? 0 : error / admissible;
      bins[bin(share)]++;
      if (share > largest) {
        largest = share;
        worst = error;
        allowed = admissible;
      }
    }
    return new Errors(worst, allowed, boxed(bins));
  }

  /** Two results together. */
  Errors and(Errors other) {
    List<Integer> sums = new ArrayList<>();
    for (int i = 0; i < BINS; i++) {
      sums.add(shares.get(i) + other.shares.get(i));
    }
    Errors worse = margin(other) > margin(this) || tolerance == 0 ? other : this;
    return new Errors(worse.worst, worse.tolerance, sums);
  }

  private static double margin(Errors errors) {
    return errors.worst == 0 ? 0 : errors.worst / errors.tolerance;
  }

  /** 0 for equal values, NaN with NaN and equal infinities included; no error is NaN. */
  static double error(double actual, double expected) {
    if (Double.compare(actual, expected) == 0 || (float) actual == (float) expected) {
      return 0;
    }
    double error = Math.abs(actual - expected);
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
  }

  private static int bin(double share) {
    if (share == 0) {
      return 0;
    }
    if (share > 1) {
      return BINS - 1;
    }
    int decade = (int) Math.ceil(Math.log10(share)) + DECADES; // 10^-6 and below are 0
    return 1 + Math.max(0, Math.min(DECADES, decade));
  }

  private static List<Integer> boxed(int[] bins) {
    List<Integer> list = new ArrayList<>();
    for (int bin : bins) {
      list.add(bin);
    }
    return list;
  }
}
