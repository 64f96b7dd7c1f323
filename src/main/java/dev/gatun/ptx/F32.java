package dev.gatun.ptx;

/** Single precision as PTX has it, on bits. */
final class F32 {
  private static final int NAN = 0x7fffffff;

  private F32() {}

  /** The bits; every NaN is the canonical one. */
  static int bits(float value) {
    return Float.isNaN(value) ? NAN : Float.floatToRawIntBits(value);
  }

  static float value(long bits) {
    return Float.intBitsToFloat((int) bits);
  }

  /** Zero with its sign for a subnormal number. */
  static float flush(float value) {
    return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0f, value) : value;
  }

  /** Clamps to [0, 1]; NaN becomes +0. */
  static float saturate(float value) {
    return value > 0 ? Math.min(value, 1f) : 0f;
  }

  /** The smaller one; a NaN gives way to a number, and -0 is less than +0. */
  static int min(int a, int b) {
    float x = Float.intBitsToFloat(a);
    float y = Float.intBitsToFloat(b);
    if (Float.isNaN(x)) {
      return Float.isNaN(y) ? NAN : b;
    }
    return Float.isNaN(y) ? a : Float.floatToRawIntBits(Math.min(x, y));
  }

  static int max(int a, int b) {
    float x = Float.intBitsToFloat(a);
    float y = Float.intBitsToFloat(b);
    if (Float.isNaN(x)) {
      return Float.isNaN(y) ? NAN : b;
    }
    return Float.isNaN(y) ? a : Float.floatToRawIntBits(Math.max(x, y));
  }
}
