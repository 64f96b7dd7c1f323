package dev.gatun.ptx;

/** Constants as the bits of a type. */
final class Constants {
  private Constants() {}

  /** The bits, zero-extended to 64, that a constant has as an operand of a type. */
  static long bits(Operand constant, Type type) {
    return switch (constant) {
      case Operand.Int(long value) -> type.bits() >= 64 ? value : value & mask(type);
      case Operand.Real real -> real(real, type);
      default -> throw new AssertionError("not a constant: " + constant);
    };
  }

  private static long real(Operand.Real real, Type type) {
    return switch (type) {
      case F32, TF32 -> Integer.toUnsignedLong(Float.floatToRawIntBits(single(real)));
      case F64 -> Double.doubleToRawLongBits(real.value());
      case F16 -> FloatFormat.F16.bits(real.value(), Rounding.NEAREST);
      case BF16 -> FloatFormat.BF16.bits(real.value(), Rounding.NEAREST);
      default -> type.bits() >= 64 ? real.bits() : real.bits() & mask(type);
    };
  }

  private static float single(Operand.Real real) {
    return real.form() == Operand.Real.Form.SINGLE_BITS
        ? Float.intBitsToFloat((int) real.bits())
        : (float) real.value();
  }

  private static long mask(Type type) {
    return (1L << type.bits()) - 1;
  }
}
