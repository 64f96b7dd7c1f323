package dev.gatun.ptx;

/** Constants as the bits of a type. */
final class Constants {
  private Constants() {}

  /**
   * Why a constant cannot stand for a value of a type; empty if it can. A real number is exact bits
   * only where the form says how many there are.
   */
  static String misfit(Operand constant, Type type) {
    boolean fits =
        switch (constant) {
          case Operand.Int _ -> !type.isFloat();
          case Operand.Real(double _, long _, Operand.Real.Form form) ->
              switch (type) {
                case F32 -> true;
                case F64 -> form != Operand.Real.Form.SINGLE_BITS;
                case B32 -> form == Operand.Real.Form.SINGLE_BITS;
                case B64 -> form != Operand.Real.Form.SINGLE_BITS;
                default -> false;
              };
          default -> false;
        };
    String kind = constant instanceof Operand.Int ? "an integer" : "a real";
    return fits ? "" : kind + " constant stands where a ." + type + " is expected";
  }

  /** The bits, zero-extended to 64, that a constant has as an operand of a type. */
  static long bits(Operand constant, Type type) {
    return switch (constant) {
      case Operand.Int(long value, _) -> type.bits() >= 64 ? value : value & mask(type);
      case Operand.Real real -> real(real, type);
      default -> throw new AssertionError("not a constant: " + constant);
    };
  }

  private static long real(Operand.Real real, Type type) {
    return type.bits() == 32
        ? Integer.toUnsignedLong(Float.floatToRawIntBits(single(real)))
        : Double.doubleToRawLongBits(real.value());
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
