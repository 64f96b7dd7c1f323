package dev.gatun.ptx;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Decodes cvt. */
final class Conversions {
  /**
   * The modifiers of a conversion.
   *
   * @param rounding of a floating-point result, or null
   * @param integral to an integer, or null
   */
  private record Mode(
      @Nullable Rounding rounding,
      @Nullable Rounding integral,
      boolean flush,
      boolean saturate,
      boolean relu) {
    Rounding result() {
      return rounding == null ? Rounding.NEAREST : rounding;
    }
  }

  private Conversions() {}

  static Instruction cvt(Decoding decoding) {
    if (decoding.take("pack")) {
      return pack(decoding);
    }
    Rounding integral = integral(decoding);
    Rounding rounding = decoding.take("rna") ? Rounding.AWAY : rounding(decoding);
    boolean relu = decoding.take("relu");
    boolean flush = decoding.take("ftz");
    boolean saturate = decoding.take("sat");
    Type from = decoding.type();
    Type to = decoding.type();
    decoding.done();
    Mode mode = new Mode(rounding, integral, flush, saturate, relu);
    if (to.isPacked()) {
      return packed(decoding, to, from, mode);
    }
    check(decoding, to, from, mode);
    decoding.count(2, 2);
    Slot d = decoding.target(decoding.operand(0), to, true);
    Slot a = decoding.source(decoding.operand(1), from, true);
    Instruction fast = fast(to, from, mode, d, a);
    return fast != null ? fast : Lanewise.lanes(function(to, from, mode), d, a);
  }

  private static @Nullable Rounding integral(Decoding decoding) {
    return switch (decoding.oneOf("", "rni", "rzi", "rmi", "rpi")) {
      case "rni" -> Rounding.NEAREST;
      case "rzi" -> Rounding.ZERO;
      case "rmi" -> Rounding.DOWN;
      case "rpi" -> Rounding.UP;
      default -> null;
    };
  }

  private static @Nullable Rounding rounding(Decoding decoding) {
    Rounding found = decoding.rounding(Rounding.AWAY);
    return found == Rounding.AWAY ? null : found;
  }

  private static void check(Decoding decoding, Type to, Type from, Mode mode) {
    if (!isNumber(to) || !isNumber(from) || from == Type.TF32) {
      throw decoding.refuse("a conversion from ." + from + " to ." + to + " is not supported");
    }
    boolean floats = from.isFloat() && to.isFloat();
    boolean halves = floats && to != from && to.bits() == 16 && from.bits() == 16;
    boolean narrows = floats && precision(to) < precision(from);
    boolean rounds = narrows || halves || (to.isFloat() && !from.isFloat());
    boolean toInteger = from.isFloat() && !to.isFloat();
    if (rounds != (mode.rounding != null)) {
      throw decoding.refuse(rounds ? "it needs a rounding mode" : "it takes no such rounding");
    }
    if (toInteger && mode.integral == null) {
      throw decoding.refuse("it needs .rni, .rzi, .rmi or .rpi");
    }
    if (mode.integral != null && !toInteger && (to != from || !to.isFloat())) {
      throw decoding.refuse("it takes no rounding to an integer");
    }
    if (mode.rounding == Rounding.AWAY && to != Type.TF32) {
      throw decoding.refuse(".rna is for .tf32");
    }
    boolean half = to == Type.F16 || to == Type.BF16 || to == Type.TF32;
    if (mode.relu && !(half && from == Type.F32)) {
      throw decoding.refuse(".relu is for .f16, .bf16 and .tf32 from .f32");
    }
    boolean directed = mode.rounding == Rounding.DOWN || mode.rounding == Rounding.UP;
    if (mode.saturate && (to == Type.BF16 || to == Type.TF32)) {
      throw decoding.refuse("there is no .sat of ." + to);
    }
    if (mode.relu && directed) {
      throw decoding.refuse(".relu goes with .rn and .rz");
    }
    if (mode.flush && to != Type.F32 && from != Type.F32) {
      throw decoding.refuse(".ftz is for .f32");
    }
  }

  private static boolean isNumber(Type type) {
    return !type.isPacked() && !type.isBits() && type != Type.PRED;
  }

  /** An order of the formats by precision; bf16 and f16 do not contain each other. */
  private static int precision(Type type) {
    return switch (type) {
      case BF16 -> 8;
      case F16, TF32 -> 11;
      case F32 -> 24;
      default -> 53;
    };
  }

  private static @Nullable Instruction fast(Type to, Type from, Mode mode, Slot d, Slot a) {
    boolean integers = !to.isFloat() && !from.isFloat() && !mode.saturate;
    boolean nearest = mode.rounding == Rounding.NEAREST && !mode.saturate && !mode.relu;
    if (integers && a.bits() == 32 && from.bits() == 32 && d.bits() == 64 && to.bits() == 64) {
      MixedLoop loop = from.isSigned() ? Loops::signExtend : Loops::zeroExtend;
      return Lanewise.mixed(loop, d, a.row(), a.row(), d.row());
    }
    if (integers
        && to.bits() == 32
        && d.bits() == 32
        && a.kind() == Slot.Kind.LONG
        && from.bits() == 64) {
      return new Narrow(d.row(), a.row());
    }
    if (integers && to.bits() == 32 && d.bits() == 32 && from.bits() == 32 && a.bits() == 32) {
      return Lanewise.ints(Loops::move, d, a);
    }
    if (to == Type.F32 && from == Type.S32 && nearest && a.bits() == 32) {
      return Lanewise.ints(Loops::signedToF, d, a);
    }
    if (to == Type.BF16 && from == Type.F32 && nearest && !mode.flush && d.bits() == 16) {
      return Lanewise.ints(Conversions::toBf16, d, a);
    }
    return null;
  }

  /** To nearest even; every NaN becomes 0x7fff. */
  private static void toBf16(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < Warp.LANES; l++) {
      int bits = a[l];
      boolean nan = (bits & 0x7fffffff) > 0x7f800000;
      d[l] = nan ? 0x7fff : (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
    }
  }

  /** The low halves of 64-bit integers. */
  private static final class Narrow extends Instruction {
    private final int d;
    private final int a;

    Narrow(int d, int a) {
      this.d = d;
      this.a = a;
    }

    @Override
    void execute(Warp warp, int mask) {
      int[] target = mask == -1 ? warp.ints[d] : warp.result;
      low(target, warp.longs[a]);
      if (mask != -1) {
        Lanewise.merge(warp.ints[d], target, mask);
      }
    }

    private static void low(int[] d, long[] a) {
      for (int l = 0; l < Warp.LANES; l++) {
        d[l] = (int) a[l];
      }
    }
  }

  private static LaneFunction function(Type to, Type from, Mode mode) {
    if (from.isFloat()) {
      return to.isFloat() ? floatToFloat(to, from, mode) : floatToInteger(to, from, mode);
    }
    return to.isFloat() ? integerToFloat(to, from, mode) : integerToInteger(to, from, mode);
  }

  private static LaneFunction integerToInteger(Type to, Type from, Mode mode) {
    long keep = -1L >>> (64 - from.bits());
    return (x, _, _) -> {
      long value = IntegerArithmetic.value(from, x & keep);
      long result = mode.saturate ? clamp(to, value, from == Type.U64) : value;
      return extend(to, result);
    };
  }

  /** The result as it fills a wider register. */
  private static long extend(Type to, long value) {
    return to.isSigned()
        ? IntegerArithmetic.signExtend(value, to.bits())
        : value & -1L >>> (64 - to.bits());
  }

  private static long clamp(Type to, long value, boolean unsigned) {
    if (to == Type.U64) {
      return unsigned ? value : Math.max(value, 0);
    }
    long most = to.isSigned() ? (1L << (to.bits() - 1)) - 1 : -1L >>> (64 - to.bits());
    long least = to.isSigned() ? -most - 1 : 0;
    if (unsigned && value < 0) {
      return most;
    }
    return Math.clamp(value, least, most);
  }

  private static LaneFunction floatToInteger(Type to, Type from, Mode mode) {
    Rounding integral = mode.integral == null ? Rounding.ZERO : mode.integral;
    boolean zeroForNan = from != Type.F64 && to.bits() < 64;
    return (bits, _, _) -> {
      double x = number(from, bits, mode.flush);
      if (Double.isNaN(x)) {
        return zeroForNan ? 0 : extend(to, 1L << (to.bits() - 1));
      }
      double whole = integral.integer(x);
      if (to == Type.U64) {
        return toUnsigned(whole);
      }
      return extend(to, clamp(to, (long) whole, false));
    };
  }

  private static long toUnsigned(double whole) {
    if (whole < 0x1p63) {
      return Math.max((long) whole, 0);
    }
    return whole >= 0x1p64 ? -1 : (long) (whole - 0x1p63) ^ Long.MIN_VALUE;
  }

  private static LaneFunction integerToFloat(Type to, Type from, Mode mode) {
    long keep = -1L >>> (64 - from.bits());
    return (bits, _, _) -> {
      long value = IntegerArithmetic.value(from, bits & keep);
      if (to == Type.F64) {
        return Double.doubleToRawLongBits(toDouble(value, from == Type.U64, mode));
      }
      double high = from == Type.U64 ? (value >>> 32) * 0x1p32 : (value >> 32) * 0x1p32;
      return finish(to, Exact.add(high, (double) (value & 0xffff_ffffL)), mode);
    };
  }

  private static double toDouble(long value, boolean unsigned, Mode mode) {
    BigInteger whole =
        unsigned ? new BigInteger(Long.toUnsignedString(value)) : BigInteger.valueOf(value);
    double rounded = Exact.round(whole.doubleValue(), new BigDecimal(whole), mode.result());
    return mode.saturate ? saturate(rounded) : rounded;
  }

  private static LaneFunction floatToFloat(Type to, Type from, Mode mode) {
    return (bits, _, _) -> {
      double x = number(from, bits, mode.flush);
      double value = mode.integral == null ? x : keepSign(mode.integral.integer(x), x);
      if (to == Type.F64) {
        return Double.doubleToRawLongBits(mode.saturate ? saturate(value) : value);
      }
      return finish(to, value, mode);
    };
  }

  private static double keepSign(double whole, double x) {
    return whole == 0 ? Math.copySign(0.0, x) : whole;
  }

  private static long finish(Type to, double value, Mode mode) {
    FloatFormat format = FloatFormat.of(to);
    double kept = mode.relu && value <= 0 ? 0 : value;
    double rounded = format.round(kept, mode.result());
    double flushed =
        mode.flush && to == Type.F32 && Math.abs(rounded) < Float.MIN_NORMAL
            ? Math.copySign(0.0, rounded)
            : rounded;
    return format.bits(mode.saturate ? saturate(flushed) : flushed, Rounding.NEAREST);
  }

  private static double saturate(double value) {
    return value > 0 ? Math.min(value, 1) : 0;
  }

  private static double number(Type from, long bits, boolean flush) {
    if (from == Type.F64) {
      return Double.longBitsToDouble(bits);
    }
    double value = FloatFormat.of(from).value(bits);
    boolean subnormal = from == Type.F32 && Math.abs(value) < Float.MIN_NORMAL;
    return flush && subnormal ? Math.copySign(0.0, value) : value;
  }

  /** Two floats to a pair of halves, the first one on top. */
  private static Instruction packed(Decoding decoding, Type to, Type from, Mode mode) {
    boolean known = mode.rounding == Rounding.NEAREST || mode.rounding == Rounding.ZERO;
    if (from != Type.F32 || !known || mode.integral != null || mode.saturate || mode.flush) {
      throw decoding.refuse("a pair comes from two .f32 with .rn or .rz");
    }
    decoding.count(3, 3);
    return Lanewise.lanes(
        (a, b, _) -> finish(to, F32.value(a), mode) << 16 | finish(to, F32.value(b), mode),
        decoding.target(0, to),
        decoding.source(1, Type.F32),
        decoding.source(2, Type.F32));
  }

  /** cvt.pack: two integers, saturated, side by side. */
  private static Instruction pack(Decoding decoding) {
    if (!decoding.take("sat")) {
      throw decoding.refuse("it needs .sat");
    }
    boolean inserts = decoding.take("b32");
    decoding.type(Type.S32);
    Type part = inserts ? decoding.type(Type.U8, Type.S8) : decoding.type(Type.U16, Type.S16);
    decoding.done(inserts ? 4 : 3);
    int width = part.bits();
    long keep = -1L >>> (64 - width);
    Slot a = decoding.source(1, Type.S32);
    Slot c = inserts ? decoding.source(3, Type.B32) : a;
    return Lanewise.lanes(
        (x, y, z) -> {
          long high = clamp(part, IntegerArithmetic.signExtend(x, 32), false) & keep;
          long low = clamp(part, IntegerArithmetic.signExtend(y, 32), false) & keep;
          long pair = high << width | low;
          return inserts ? (z & 0xffff) << 16 | pair : pair;
        },
        decoding.target(0, Type.B32),
        a,
        decoding.source(2, Type.S32),
        c);
  }
}
