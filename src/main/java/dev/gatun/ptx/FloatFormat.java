package dev.gatun.ptx;

/** The formats narrower than double: rounding to them, and their bits. */
enum FloatFormat {
  F16(11, -14, 15),
  BF16(8, -126, 127),
  TF32(11, -126, 127),
  F32(24, -126, 127);

  private final int precision;
  private final int least;
  private final int greatest;

  FloatFormat(int precision, int least, int greatest) {
    this.precision = precision;
    this.least = least;
    this.greatest = greatest;
  }

  static FloatFormat of(Type type) {
    return switch (type) {
      case F16, F16X2 -> F16;
      case BF16, BF16X2 -> BF16;
      case TF32 -> TF32;
      case F32 -> F32;
      default -> throw new IllegalArgumentException("no narrow format: " + type);
    };
  }

  /** The largest finite number. */
  double max() {
    return (2 - Math.scalb(2.0, -precision)) * Math.scalb(1.0, greatest);
  }

  /** The number of this format that the mode chooses for {@code x}. */
  double round(double x, Rounding mode) {
    if (x == 0 || Double.isNaN(x) || Double.isInfinite(x)) {
      return x;
    }
    int ulp = Math.max(Math.getExponent(x), least) - precision + 1;
    double rounded = Math.scalb(mode.integer(Math.scalb(x, -ulp)), ulp);
    if (Math.abs(rounded) > max()) {
      boolean toMax =
          mode == Rounding.ZERO
              || (mode == Rounding.DOWN && x > 0)
              || (mode == Rounding.UP && x < 0);
      return Math.copySign(toMax ? max() : Double.POSITIVE_INFINITY, x);
    }
    return rounded == 0 ? Math.copySign(0.0, x) : rounded;
  }

  /** The bits of {@code x} rounded; every NaN is the canonical one of PTX. */
  long bits(double x, Rounding mode) {
    double rounded = round(x, mode);
    if (Double.isNaN(rounded)) {
      return this == F16 || this == BF16 ? 0x7fff : 0x7fff_ffff;
    }
    float single = (float) rounded;
    return switch (this) {
      case F16 -> Float.floatToFloat16(single) & 0xffff;
      case BF16 -> Float.floatToRawIntBits(single) >>> 16;
      case TF32, F32 -> Integer.toUnsignedLong(Float.floatToRawIntBits(single));
    };
  }

  /** Exact. */
  double value(long bits) {
    return switch (this) {
      case F16 -> Float.float16ToFloat((short) bits);
      case BF16 -> Float.intBitsToFloat((int) bits << 16);
      case TF32, F32 -> Float.intBitsToFloat((int) bits);
    };
  }
}
