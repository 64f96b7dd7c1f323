package dev.gatun.core;

/** Roundings that C has and Java has not. */
final class Rounding {
  private Rounding() {}

  /** {@code roundf} of C: to the nearest integer, halves away from zero. */
  static int halvesAway(float x) {
    int towardsZero = (int) x;
    float rest = x - towardsZero; // exact
    if (rest >= 0.5f) {
      return towardsZero + 1;
    }
    return rest <= -0.5f ? towardsZero - 1 : towardsZero;
  }
}
