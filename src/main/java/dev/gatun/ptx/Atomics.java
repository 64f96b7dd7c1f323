package dev.gatun.ptx;

/** The operations of atom and red. */
final class Atomics {
  private Atomics() {}

  /** The types that an operation takes. */
  static Type[] types(String op) {
    return switch (op) {
      case "and", "or", "xor" -> new Type[] {Type.B32, Type.B64};
      case "exch" -> new Type[] {Type.B32, Type.B64};
      case "cas" -> new Type[] {Type.B16, Type.B32, Type.B64};
      case "inc", "dec" -> new Type[] {Type.U32};
      case "min", "max" -> new Type[] {Type.U32, Type.S32, Type.U64, Type.S64};
      default ->
          new Type[] {
            Type.U32,
            Type.S32,
            Type.U64,
            Type.S64,
            Type.F32,
            Type.F64,
            Type.F16,
            Type.F16X2,
            Type.BF16,
            Type.BF16X2
          };
    };
  }

  static Atomic.Update update(String op, Type type) {
    return switch (op) {
      case "and" -> (old, b, _, _) -> old & b;
      case "or" -> (old, b, _, _) -> old | b;
      case "xor" -> (old, b, _, _) -> old ^ b;
      case "exch" -> (_, b, _, _) -> b;
      case "cas" -> (old, b, c, _) -> old == b ? c : old;
      case "inc" -> (old, b, _, _) -> old >= b ? 0 : old + 1;
      case "dec" -> (old, b, _, _) -> old == 0 || old > b ? b : old - 1;
      case "min", "max" -> {
        boolean min = op.equals("min");
        yield (old, b, _, _) ->
            IntegerArithmetic.minMax(
                type, IntegerArithmetic.value(type, old), IntegerArithmetic.value(type, b), min);
      }
      default -> add(type);
    };
  }

  private static Atomic.Update add(Type type) {
    return switch (type) {
      case F32 -> Atomics::addSingle;
      case F64 ->
          (old, b, _, _) ->
              Double.doubleToRawLongBits(Double.longBitsToDouble(old) + Double.longBitsToDouble(b));
      case F16, BF16 -> (old, b, _, _) -> half(FloatFormat.of(type), old, b);
      case F16X2, BF16X2 -> {
        FloatFormat format = FloatFormat.of(type);
        yield (old, b, _, _) ->
            half(format, old & 0xffff, b & 0xffff) | half(format, old >>> 16, b >>> 16) << 16;
      }
      default -> (old, b, _, _) -> old + b;
    };
  }

  /** In global memory subnormal operands and sums are flushed, in shared memory not. */
  private static long addSingle(long old, long b, long c, boolean shared) {
    float x = F32.value(old);
    float y = F32.value(b);
    return F32.bits(shared ? x + y : F32.flush(F32.flush(x) + F32.flush(y)));
  }

  private static long half(FloatFormat format, long old, long b) {
    return format.bits(Exact.add(format.value(old), format.value(b)), Rounding.NEAREST);
  }
}
