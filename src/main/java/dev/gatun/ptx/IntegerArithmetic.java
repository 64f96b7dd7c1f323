package dev.gatun.ptx;

import static dev.gatun.ptx.Type.S16;
import static dev.gatun.ptx.Type.S32;
import static dev.gatun.ptx.Type.S64;
import static dev.gatun.ptx.Type.U16;
import static dev.gatun.ptx.Type.U32;
import static dev.gatun.ptx.Type.U64;

/** Decodes integer arithmetic. */
final class IntegerArithmetic {
  private static final Type[] TYPES = {U16, U32, U64, S16, S32, S64};

  private IntegerArithmetic() {}

  /** The value that the bits of a type stand for; u64 stays as it is. */
  static long value(Type type, long bits) {
    return type.isSigned() ? signExtend(bits, type.bits()) : bits;
  }

  static long signExtend(long bits, int width) {
    return bits << (64 - width) >> (64 - width);
  }

  /** add, sub. */
  static Instruction addSub(Decoding decoding, boolean add) {
    if (decoding.take("cc")) {
      return Carries.addSub(decoding, add, false, true);
    }
    boolean saturate = decoding.take("sat");
    Type type = saturate ? decoding.type(S32) : decoding.type(TYPES);
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    if (saturate) {
      return Lanewise.lanes(
          (x, y, _) -> saturate((int) x + (add ? (long) (int) y : -(long) (int) y)), d, a, b);
    }
    if (type.bits() == 32) {
      return Lanewise.ints(add ? Loops::add : Loops::sub, d, a, b);
    }
    if (type.bits() == 64) {
      return Lanewise.longs(add ? Loops::add : Loops::sub, d, a, b);
    }
    return Lanewise.lanes((x, y, _) -> add ? x + y : x - y, d, a, b);
  }

  private static long saturate(long value) {
    return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** mul and mad, with .lo, .hi or .wide. */
  static Instruction mulMad(Decoding decoding, boolean mad) {
    if (mad && decoding.take("cc")) {
      return Carries.mad(decoding, false, true);
    }
    String part = decoding.require("lo", "hi", "wide");
    boolean saturate = mad && part.equals("hi") && decoding.take("sat");
    Type type = saturate ? decoding.type(S32) : decoding.type(TYPES);
    decoding.done(mad ? 4 : 3);
    if (part.equals("wide")) {
      return wide(decoding, type, mad);
    }
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    Slot c = mad ? decoding.source(3, type) : a;
    if (part.equals("lo") && type.bits() == 32) {
      return Lanewise.ints(mad ? Loops::mad : Loops::mul, d, a, b, c);
    }
    if (part.equals("lo") && type.bits() == 64) {
      return Lanewise.longs(mad ? Loops::mad : Loops::mul, d, a, b, c);
    }
    boolean high = part.equals("hi");
    return Lanewise.lanes(
        (x, y, z) -> {
          long product = high ? high(type, x, y) : x * y;
          if (saturate) {
            return saturate((int) product + (long) (int) z);
          }
          return mad ? product + z : product;
        },
        d,
        a,
        b,
        c);
  }

  /** The upper half of a product. */
  static long high(Type type, long x, long y) {
    return switch (type) {
      case U64 -> Math.unsignedMultiplyHigh(x, y);
      case S64 -> Math.multiplyHigh(x, y);
      default -> (value(type, x) * value(type, y)) >> type.bits();
    };
  }

  private static Instruction wide(Decoding decoding, Type type, boolean mad) {
    if (type.bits() == 64) {
      throw decoding.refuse("there is no .wide of 64 bits");
    }
    Type twice = type.bits() == 16 ? S32 : S64;
    Slot d = decoding.target(0, twice);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    Slot c = mad ? decoding.source(3, twice) : d;
    if (type.bits() == 16) {
      return Lanewise.lanes(
          (x, y, z) -> value(type, x) * value(type, y) + (mad ? z : 0), d, a, b, c);
    }
    MixedLoop signed = mad ? Loops::madWide : Loops::mulWide;
    MixedLoop unsigned = mad ? Loops::madWideUnsigned : Loops::mulWideUnsigned;
    return Lanewise.mixed(type == S32 ? signed : unsigned, d, a.row(), b.row(), c.row());
  }

  /** mul24, mad24: products of the low 24 bits. */
  static Instruction mul24(Decoding decoding, boolean mad) {
    boolean high = decoding.require("lo", "hi").equals("hi");
    boolean saturate = mad && high && decoding.take("sat");
    Type type = saturate ? decoding.type(S32) : decoding.type(U32, S32);
    decoding.done(mad ? 4 : 3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    Slot c = mad ? decoding.source(3, type) : a;
    return Lanewise.lanes(
        (x, y, z) -> {
          long product = (low24(type, x) * low24(type, y)) >> (high ? 16 : 0);
          if (saturate) {
            return saturate((int) product + (long) (int) z);
          }
          return mad ? product + z : product;
        },
        d,
        a,
        b,
        c);
  }

  private static long low24(Type type, long x) {
    return type.isSigned() ? signExtend(x, 24) : x & 0xffffff;
  }

  /** div, rem. A division by zero gives all ones, its remainder the dividend. */
  static Instruction divRem(Decoding decoding, boolean divide) {
    Type type = decoding.type(TYPES);
    decoding.done(3);
    return Lanewise.lanes(
        (x, y, _) -> {
          long a = value(type, x);
          long b = value(type, y);
          if (b == 0) {
            return divide ? -1 : a;
          }
          if (type == U64) {
            return divide ? Long.divideUnsigned(a, b) : Long.remainderUnsigned(a, b);
          }
          return divide ? a / b : a % b;
        },
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, type));
  }

  /** neg, abs. */
  static Instruction negAbs(Decoding decoding, boolean negate) {
    Type type = decoding.type(S16, S32, S64);
    decoding.done(2);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    if (type == S32) {
      return Lanewise.ints(negate ? Loops::neg : Loops::abs, d, a);
    }
    return Lanewise.lanes((x, _, _) -> negate ? -x : Math.abs(value(type, x)), d, a);
  }

  /** min, max. */
  static Instruction minMax(Decoding decoding, boolean min) {
    boolean relu = decoding.take("relu");
    Type type = relu ? decoding.type(S32) : decoding.type(TYPES);
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    if (type == S32 && !relu) {
      return Lanewise.ints(min ? Loops::min : Loops::max, d, a, b);
    }
    if (type == U32) {
      return Lanewise.ints(min ? Loops::minUnsigned : Loops::maxUnsigned, d, a, b);
    }
    return Lanewise.lanes(
        (x, y, _) -> {
          long result = minMax(type, value(type, x), value(type, y), min);
          return relu ? Math.max(result, 0) : result;
        },
        d,
        a,
        b);
  }

  /** The lesser or greater of two values. */
  static long minMax(Type type, long a, long b, boolean min) {
    boolean less = type == U64 ? Long.compareUnsigned(a, b) < 0 : a < b;
    return less == min ? a : b;
  }

  /** sad: c + |a - b|. */
  static Instruction sad(Decoding decoding) {
    Type type = decoding.type(TYPES);
    decoding.done(4);
    return Lanewise.lanes(
        (x, y, z) -> {
          long a = value(type, x);
          long b = value(type, y);
          boolean less = type == U64 ? Long.compareUnsigned(a, b) < 0 : a < b;
          return z + (less ? b - a : a - b);
        },
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, type),
        decoding.source(3, type));
  }

  /** dp4a, dp2a: products of bytes, summed. */
  static Instruction dotProduct(Decoding decoding, boolean four) {
    boolean high = !four && decoding.require("lo", "hi").equals("hi");
    Type bType = decoding.type(U32, S32);
    Type aType = decoding.type(U32, S32);
    decoding.done(4);
    Type sum = aType == U32 && bType == U32 ? U32 : S32;
    return Lanewise.lanes(
        (a, b, c) -> {
          long total = c;
          for (int i = 0; i < (four ? 4 : 2); i++) {
            int width = four ? 8 : 16;
            long x = part(aType, a >>> (width * i), width);
            long y = part(bType, b >>> (8 * i + (high ? 16 : 0)), 8);
            total += x * y;
          }
          return total;
        },
        decoding.target(0, sum),
        decoding.source(1, aType),
        decoding.source(2, bType),
        decoding.source(3, sum));
  }

  private static long part(Type type, long bits, int width) {
    return type.isSigned() ? signExtend(bits, width) : bits & (1L << width) - 1;
  }
}
