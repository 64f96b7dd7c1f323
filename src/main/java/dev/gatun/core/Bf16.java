package dev.gatun.core;

/**
 * bfloat16: the upper half of an IEEE binary32.
 *
 * <pre>
 *   binary32  s eeeeeeee mmmmmmm mmmmmmmmmmmmmmmm
 *   bfloat16  s eeeeeeee mmmmmmm
 * </pre>
 */
public final class Bf16 {
  private static final short QUIET_NAN = 0x7fc0;

  private Bf16() {}

  /** Rounds to nearest, ties to even; every NaN becomes the quiet NaN with its sign kept. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16 & 0x8000) | QUIET_NAN);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  /** Exact. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
