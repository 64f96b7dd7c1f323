package dev.gatun.ptx;

/**
 * How a matrix is spread over the registers of a warp. With g = lane / 4 and t = lane mod 4, a
 * register holds {@code pack} neighbours: of a row in A and C, of a column in B.
 *
 * @param type of an element
 * @param pack elements in a register
 * @param registers of a lane
 * @param step how far apart the registers of a lane are in k
 * @param saturate whether integer sums are clamped; otherwise they wrap
 */
record Fragment(Part part, Type type, int pack, int registers, int step, boolean saturate) {
  enum Part {
    LEFT,
    RIGHT,
    SUM
  }

  /** A, m × k, row-major. */
  static Fragment left(Type type, int m, int k) {
    int pack = pack(type);
    return new Fragment(Part.LEFT, type, pack, m * k / 32 / pack, 4 * pack, false);
  }

  /** B, k × 8, column-major. */
  static Fragment right(Type type, int k) {
    int pack = pack(type);
    return new Fragment(Part.RIGHT, type, pack, 8 * k / 32 / pack, 4 * pack, false);
  }

  /** C and D, m × 8. */
  static Fragment sum(Type type, int m, boolean saturate) {
    int pack = pack(type);
    return new Fragment(Part.SUM, type, pack, m * 8 / 32 / pack, 0, saturate);
  }

  private static int pack(Type type) {
    return isByte(type) ? 4 : type == Type.F16 || type == Type.BF16 ? 2 : 1;
  }

  static boolean isByte(Type type) {
    return type == Type.S8 || type == Type.U8;
  }

  /** The type of a register. */
  Type register() {
    return switch (type) {
      case F64, F32, S32 -> type;
      default -> Type.B32;
    };
  }

  /** The row of element {@code e} of register {@code r}. */
  int row(int lane, int r, int e) {
    int g = lane / 4;
    int t = lane % 4;
    return switch (part) {
      case LEFT -> g + (r & 1) * 8;
      case RIGHT -> t * pack + e + r * step;
      case SUM -> g + (pack == 2 ? r : r / 2) * 8;
    };
  }

  int column(int lane, int r, int e) {
    int g = lane / 4;
    int t = lane % 4;
    return switch (part) {
      case LEFT -> t * pack + e + r / 2 * step;
      case RIGHT -> g;
      case SUM -> t * 2 + (pack == 2 ? e : r % 2);
    };
  }

  /** The value of element {@code e} in the bits of a register. */
  double value(long bits, int e) {
    return switch (type) {
      case F64 -> Double.longBitsToDouble(bits);
      case TF32 -> Float.intBitsToFloat((int) bits & 0xffff_e000);
      case F32 -> Float.intBitsToFloat((int) bits);
      case S32 -> (int) bits;
      case S8 -> (byte) (bits >>> (8 * e));
      case U8 -> bits >>> (8 * e) & 0xff;
      default -> FloatFormat.of(type).value(bits >>> (16 * e) & 0xffff);
    };
  }

  /** The bits of a value, rounded to nearest; sums of bytes are integers. */
  long bits(double value) {
    return switch (type) {
      case F64 -> Double.doubleToRawLongBits(value);
      case S32 -> saturate ? (int) value : (int) (long) value;
      default -> FloatFormat.of(type).bits(value, Rounding.NEAREST);
    };
  }
}
