package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** Decodes setp, set, selp and slct. */
final class CompareInstructions {
  private static final Type[] TYPES = {
    Type.B16,
    Type.B32,
    Type.B64,
    Type.U16,
    Type.U32,
    Type.U64,
    Type.S16,
    Type.S32,
    Type.S64,
    Type.F16,
    Type.F16X2,
    Type.BF16,
    Type.BF16X2,
    Type.F32,
    Type.F64
  };

  private CompareInstructions() {}

  /** A test of two operands for all lanes at once. */
  private interface Test {
    /** The lanes where it holds; other lanes than those of the mask do not matter. */
    int lanes(Warp warp, int mask);
  }

  private static Comparison operator(Decoding decoding) {
    for (Comparison comparison : Comparison.values()) {
      if (decoding.take(comparison.name().toLowerCase(java.util.Locale.ROOT))) {
        return comparison;
      }
    }
    throw decoding.refuse("it needs a comparison operator");
  }

  private static Test test(
      Decoding decoding, Comparison comparison, Type type, boolean flush, int shift) {
    if (flush && type != Type.F32 && FloatFormat.F16 != halfFormat(type)) {
      throw decoding.refuse(".ftz is not for ." + type);
    }
    if (!comparison.allows(type)) {
      throw decoding.refuse(
          "."
              + comparison.name().toLowerCase(java.util.Locale.ROOT)
              + " is not defined for ."
              + type);
    }
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    if (type == Type.F32 && !flush) {
      return (warp, _) -> comparison.floats(warp.ints[a.row()], warp.ints[b.row()]);
    }
    if (type.bits() == 32 && !type.isFloat()) {
      boolean signed = type.isSigned();
      return (warp, _) -> comparison.ints(warp.ints[a.row()], warp.ints[b.row()], signed);
    }
    return (warp, mask) -> {
      int result = 0;
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long x = a.get(warp, lane) >>> shift;
        long y = b.get(warp, lane) >>> shift;
        result |= (holds(comparison, type, flush, x, y) ? 1 : 0) << lane;
      }
      return result;
    };
  }

  private static @Nullable FloatFormat halfFormat(Type type) {
    return HalfArithmetic.isHalf(type) ? FloatFormat.of(type) : null;
  }

  private static boolean holds(Comparison comparison, Type type, boolean flush, long x, long y) {
    if (type.isFloat()) {
      return comparison.test(number(type, x, flush), number(type, y, flush));
    }
    long a = IntegerArithmetic.value(type, x);
    long b = IntegerArithmetic.value(type, y);
    return comparison.test(type.isSigned() ? Long.compare(a, b) : Long.compareUnsigned(a, b));
  }

  private static double number(Type type, long bits, boolean flush) {
    if (type == Type.F64) {
      return Double.longBitsToDouble(bits);
    }
    double value = FloatFormat.of(type).value(bits);
    double least = type == Type.F32 ? Float.MIN_NORMAL : 0x1p-14;
    return flush && Math.abs(value) < least ? Math.copySign(0.0, value) : value;
  }

  /** setp: p = (a op b) bool c, q = !(a op b) bool c. */
  static Instruction setp(Decoding decoding) {
    Comparison comparison = operator(decoding);
    String combine = decoding.oneOf("", "and", "or", "xor");
    boolean flush = decoding.take("ftz");
    Type type = decoding.type(TYPES);
    decoding.done(combine.isEmpty() ? 3 : 4);
    Operand result = decoding.operand(0);
    Operand first = result instanceof Operand.Pair(Operand p, Operand _) ? p : result;
    Operand second = result instanceof Operand.Pair(Operand _, Operand q) ? q : null;
    Slot p = decoding.target(first, Type.PRED, false);
    @Nullable Slot q = second == null ? null : decoding.target(second, Type.PRED, false);
    @Nullable Slot c = combine.isEmpty() ? null : decoding.source(3, Type.PRED);
    Test test = test(decoding, comparison, type, flush, 0);
    if (type.isPacked()) {
      Test upper = test(decoding, comparison, type, flush, 16);
      if (q == null) {
        throw decoding.refuse("a packed comparison has two results");
      }
      return new SetPredicate(test, upper, combine, p, q, c);
    }
    return new SetPredicate(test, null, combine, p, q, c);
  }

  /** set: all ones, 1.0 or zero. */
  static Instruction set(Decoding decoding) {
    Comparison comparison = operator(decoding);
    String combine = decoding.oneOf("", "and", "or", "xor");
    boolean flush = decoding.take("ftz");
    Type type = decoding.type(TYPES);
    Type result =
        decoding.type(
            Type.U32,
            Type.S32,
            Type.F32,
            Type.F16,
            Type.BF16,
            Type.U16,
            Type.S16,
            Type.F16X2,
            Type.BF16X2);
    decoding.done(combine.isEmpty() ? 3 : 4);
    Slot d = decoding.target(0, result);
    @Nullable Slot c = combine.isEmpty() ? null : decoding.source(3, Type.PRED);
    Test low = test(decoding, comparison, type, flush, 0);
    @Nullable Test high = type.isPacked() ? test(decoding, comparison, type, flush, 16) : null;
    if (result.isPacked() && high == null) {
      throw decoding.refuse("a packed result needs packed operands");
    }
    return new SetValue(low, high, combine, d, c, trueBits(result, high != null));
  }

  private static long trueBits(Type result, boolean pairs) {
    if (result.isFloat()) {
      return FloatFormat.of(result).bits(1, Rounding.NEAREST);
    }
    return pairs ? 0xffff : -1;
  }

  private static int combine(String operator, int test, int other) {
    return switch (operator) {
      case "and" -> test & other;
      case "or" -> test | other;
      case "xor" -> test ^ other;
      default -> test;
    };
  }

  private static int mask(Warp warp, Slot predicate) {
    return warp.predicates[predicate.row()] ^ predicate.flip();
  }

  private static final class SetPredicate extends Instruction {
    private final Test test;
    private final @Nullable Test upper;
    private final String combine;
    private final Slot p;
    private final @Nullable Slot q;
    private final @Nullable Slot c;

    SetPredicate(
        Test test,
        @Nullable Test upper,
        String combine,
        Slot p,
        @Nullable Slot q,
        @Nullable Slot c) {
      this.test = test;
      this.upper = upper;
      this.combine = combine;
      this.p = p;
      this.q = q;
      this.c = c;
    }

    @Override
    void execute(Warp warp, int mask) {
      int holds = test.lanes(warp, mask);
      int other = c == null ? 0 : mask(warp, c);
      int second = upper == null ? ~holds : upper.lanes(warp, mask);
      store(warp, p, combine(combine, holds, other), mask);
      if (q != null) {
        store(warp, q, combine(combine, second, other), mask);
      }
    }

    private static void store(Warp warp, Slot slot, int value, int mask) {
      int[] rows = warp.predicates;
      rows[slot.row()] = (rows[slot.row()] & ~mask) | (value & mask);
    }
  }

  private static final class SetValue extends Instruction {
    private final Test low;
    private final @Nullable Test high;
    private final String combine;
    private final Slot d;
    private final @Nullable Slot c;
    private final long bits;

    SetValue(Test low, @Nullable Test high, String combine, Slot d, @Nullable Slot c, long bits) {
      this.low = low;
      this.high = high;
      this.combine = combine;
      this.d = d;
      this.c = c;
      this.bits = bits;
    }

    @Override
    void execute(Warp warp, int mask) {
      int other = c == null ? 0 : mask(warp, c);
      int lows = combine(combine, low.lanes(warp, mask), other);
      int highs = high == null ? 0 : combine(combine, high.lanes(warp, mask), other);
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long lower = (lows >>> lane & 1) != 0 ? bits : 0;
        long upper = (highs >>> lane & 1) != 0 ? bits : 0;
        d.set(warp, lane, high == null ? lower : lower | upper << 16);
      }
    }
  }

  /** selp: a or b by a predicate. */
  static Instruction select(Decoding decoding) {
    Type type = decoding.type();
    if (type.bits() < 16
        || type.bits() > 64
        || type.isPacked()
        || type == Type.TF32
        || HalfArithmetic.isHalf(type)) {
      throw decoding.refuse("its type is not supported");
    }
    decoding.done(4);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    Slot p = decoding.source(3, Type.PRED);
    return type.bits() == 32
        ? new SelectInts(d.row(), a.row(), b.row(), p)
        : new Select(d, a, b, p);
  }

  private static final class SelectInts extends Instruction {
    private final int d;
    private final int a;
    private final int b;
    private final Slot p;

    SelectInts(int d, int a, int b, Slot p) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.p = p;
    }

    @Override
    void execute(Warp warp, int mask) {
      int chosen = mask(warp, p);
      int[] target = mask == -1 ? warp.ints[d] : warp.result;
      select(target, warp.ints[a], warp.ints[b], chosen);
      if (mask != -1) {
        Lanewise.merge(warp.ints[d], target, mask);
      }
    }

    private static void select(int[] d, int[] a, int[] b, int chosen) {
      for (int l = 0; l < Warp.LANES; l++) {
        int keep = -(chosen >>> l & 1);
        d[l] = (a[l] & keep) | (b[l] & ~keep);
      }
    }
  }

  private static final class Select extends Instruction {
    private final Slot d;
    private final Slot a;
    private final Slot b;
    private final Slot p;

    Select(Slot d, Slot a, Slot b, Slot p) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.p = p;
    }

    @Override
    void execute(Warp warp, int mask) {
      int chosen = mask(warp, p);
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        boolean first = (chosen >>> lane & 1) != 0;
        d.set(warp, lane, (first ? a : b).get(warp, lane));
      }
    }
  }

  /** slct: a if c is not negative, else b. */
  static Instruction selectBySign(Decoding decoding) {
    boolean flush = decoding.take("ftz");
    Type by = decoding.type(Type.S32, Type.F32);
    Type type = decoding.type();
    boolean known =
        type.bits() >= 16
            && type.bits() <= 64
            && !type.isPacked()
            && type != Type.TF32
            && !HalfArithmetic.isHalf(type);
    if (!known || (flush && by == Type.S32)) {
      throw decoding.refuse("its types are not supported");
    }
    decoding.done(4);
    return Lanewise.lanes(
        (a, b, c) -> {
          boolean first = by == Type.S32 ? (int) c >= 0 : number(by, c, flush) >= 0;
          return first ? a : b;
        },
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, type),
        decoding.source(3, by));
  }
}
