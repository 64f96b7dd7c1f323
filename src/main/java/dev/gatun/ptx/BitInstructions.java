package dev.gatun.ptx;

import static dev.gatun.ptx.Type.B16;
import static dev.gatun.ptx.Type.B32;
import static dev.gatun.ptx.Type.B64;
import static dev.gatun.ptx.Type.PRED;
import static dev.gatun.ptx.Type.S16;
import static dev.gatun.ptx.Type.S32;
import static dev.gatun.ptx.Type.S64;
import static dev.gatun.ptx.Type.U16;
import static dev.gatun.ptx.Type.U32;
import static dev.gatun.ptx.Type.U64;

/** Decodes logic, shifts and the manipulation of bits. */
final class BitInstructions {
  private BitInstructions() {}

  /** and, or, xor. */
  static Instruction logic(Decoding decoding) {
    String op = decoding.base();
    Type type = decoding.type(PRED, B16, B32, B64);
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, type);
    if (type == B32) {
      IntLoop loop =
          switch (op) {
            case "and" -> Loops::and;
            case "or" -> Loops::or;
            default -> Loops::xor;
          };
      return Lanewise.ints(loop, d, a, b);
    }
    if (type == B64) {
      LongLoop loop =
          switch (op) {
            case "and" -> Loops::and;
            case "or" -> Loops::or;
            default -> Loops::xor;
          };
      return Lanewise.longs(loop, d, a, b);
    }
    LaneFunction function =
        switch (op) {
          case "and" -> (x, y, _) -> x & y;
          case "or" -> (x, y, _) -> x | y;
          default -> (x, y, _) -> x ^ y;
        };
    return Lanewise.lanes(function, d, a, b);
  }

  /** not, cnot. */
  static Instruction not(Decoding decoding, boolean logical) {
    Type type = logical ? decoding.type(B16, B32, B64) : decoding.type(PRED, B16, B32, B64);
    decoding.done(2);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    if (type == B32 && !logical) {
      return Lanewise.ints(Loops::not, d, a);
    }
    return Lanewise.lanes((x, _, _) -> logical ? (x == 0 ? 1 : 0) : ~x, d, a);
  }

  /** shl, shr: the amount is 32 bits, and what is shifted too far is gone. */
  static Instruction shift(Decoding decoding, boolean left) {
    Type type =
        left
            ? decoding.type(B16, B32, B64)
            : decoding.type(B16, B32, B64, U16, U32, U64, S16, S32, S64);
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    Slot b = decoding.source(2, U32);
    if (type.bits() == 32) {
      IntLoop right = type.isSigned() ? Loops::shrSigned : Loops::shr;
      return Lanewise.ints(left ? Loops::shl : right, d, a, b);
    }
    if (type.bits() == 64) {
      MixedLoop right = type.isSigned() ? Loops::shrSigned : Loops::shr;
      return Lanewise.mixed(left ? Loops::shl : right, d, b.row(), b.row(), a.row());
    }
    return Lanewise.lanes((x, n, _) -> shift(type, x, n, left), d, a, b);
  }

  private static long shift(Type type, long x, long amount, boolean left) {
    long n = Math.min(amount, type.bits());
    if (left) {
      return x << n;
    }
    return IntegerArithmetic.value(type, x) >> n;
  }

  /** shf: a funnel shift of two words. */
  static Instruction funnel(Decoding decoding) {
    boolean left = decoding.require("l", "r").equals("l");
    boolean clamp = decoding.require("clamp", "wrap").equals("clamp");
    decoding.type(B32);
    decoding.done(4);
    return Lanewise.lanes(
        (a, b, c) -> {
          int n = clamp ? (int) Math.min(c, 32) : (int) c & 31;
          long both = b << 32 | a;
          return left ? both << n >>> 32 : both >>> n;
        },
        decoding.target(0, B32),
        decoding.source(1, B32),
        decoding.source(2, B32),
        decoding.source(3, U32));
  }

  /** lop3: any function of three bits, given by its table. */
  static Instruction lop3(Decoding decoding) {
    decoding.type(B32);
    decoding.done(5);
    int table = (int) decoding.immediate(4, "the table", 0, 255);
    return Lanewise.ints(
        (d, a, b, c) -> {
          for (int l = 0; l < Warp.LANES; l++) {
            d[l] = lop3(a[l], b[l], c[l], table);
          }
        },
        decoding.target(0, B32),
        decoding.source(1, B32),
        decoding.source(2, B32),
        decoding.source(3, B32));
  }

  private static int lop3(int a, int b, int c, int table) {
    int result = 0;
    for (int i = 0; i < 8; i++) {
      if ((table >> i & 1) != 0) {
        result |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
      }
    }
    return result;
  }

  /** popc, clz. */
  static Instruction count(Decoding decoding, boolean ones) {
    Type type = decoding.type(B32, B64);
    decoding.done(2);
    int spare = 64 - type.bits();
    return Lanewise.lanes(
        (x, _, _) -> ones ? Long.bitCount(x) : Long.numberOfLeadingZeros(x) - spare,
        decoding.target(0, U32),
        decoding.source(1, type));
  }

  /** bfind: the place of the highest bit that is not a sign bit, or all ones. */
  static Instruction find(Decoding decoding) {
    boolean amount = decoding.take("shiftamt");
    Type type = decoding.type(U32, S32, U64, S64);
    decoding.done(2);
    return Lanewise.lanes(
        (x, _, _) -> {
          long value = IntegerArithmetic.value(type, x);
          long magnitude = type.isSigned() && value < 0 ? ~value : value;
          int place = 63 - Long.numberOfLeadingZeros(magnitude);
          return place >= 0 && amount ? type.bits() - 1 - place : place;
        },
        decoding.target(0, U32),
        decoding.source(1, type));
  }

  static Instruction reverse(Decoding decoding) {
    Type type = decoding.type(B32, B64);
    decoding.done(2);
    return Lanewise.lanes(
        (x, _, _) -> Long.reverse(x) >>> (64 - type.bits()),
        decoding.target(0, type),
        decoding.source(1, type));
  }

  /** bfe: a field, extended by zeros or by its sign. */
  static Instruction extract(Decoding decoding) {
    Type type = decoding.type(U32, S32, U64, S64);
    decoding.done(4);
    int msb = type.bits() - 1;
    return Lanewise.lanes(
        (a, b, c) -> {
          int position = (int) b & 0xff;
          int length = (int) c & 0xff;
          int kept = Math.min(length, Math.max(0, msb + 1 - position));
          long field = kept == 0 ? 0 : a >>> position & -1L >>> (64 - kept);
          int sign = Math.min(position + length - 1, msb);
          boolean negative = type.isSigned() && length > 0 && (a >>> sign & 1) != 0;
          return negative && kept < 64 ? field | -1L << kept : field;
        },
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, U32),
        decoding.source(3, U32));
  }

  /** bfi: field a into b at position c, of length d. */
  static Instruction insert(Decoding decoding) {
    Type type = decoding.type(B32, B64);
    decoding.done(5);
    Slot length = decoding.source(4, U32);
    return new FourOperands(
        (a, b, c, n) -> {
          int position = (int) c & 0xff;
          int count = Math.min((int) n & 0xff, type.bits());
          if (position >= type.bits() || count == 0) {
            return b;
          }
          long field = count == 64 ? -1 : (1L << count) - 1;
          return (b & ~(field << position)) | (a & field) << position;
        },
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, type),
        decoding.source(3, U32),
        length);
  }

  /** bmsk: a mask of ones from a position. */
  static Instruction mask(Decoding decoding) {
    boolean clamp = decoding.require("clamp", "wrap").equals("clamp");
    decoding.type(B32);
    decoding.done(3);
    return Lanewise.lanes(
        (a, b, _) -> {
          long position = clamp ? Math.min(a, 32) : a & 31;
          long width = clamp ? Math.min(b, 32) : b & 31;
          return ((1L << width) - 1) << position;
        },
        decoding.target(0, B32),
        decoding.source(1, U32),
        decoding.source(2, U32));
  }

  /** szext: extends the low b bits of a. */
  static Instruction extend(Decoding decoding) {
    boolean clamp = decoding.require("clamp", "wrap").equals("clamp");
    Type type = decoding.type(U32, S32);
    decoding.done(3);
    return Lanewise.lanes(
        (a, b, _) -> {
          int n = clamp ? (int) Math.min(b, 32) : (int) b & 31;
          if (n == 0) {
            return 0;
          }
          return type.isSigned() ? IntegerArithmetic.signExtend(a, n) : a & (1L << n) - 1;
        },
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, U32));
  }

  /** fns: the n-th set bit from a base. */
  static Instruction findNth(Decoding decoding) {
    decoding.type(B32);
    decoding.done(4);
    return Lanewise.lanes(
        (mask, base, offset) -> findNth((int) mask, (int) base, (int) offset),
        decoding.target(0, B32),
        decoding.source(1, B32),
        decoding.source(2, B32),
        decoding.source(3, S32));
  }

  private static long findNth(int mask, int base, int offset) {
    int place = base;
    int left = offset == 0 ? 1 : Math.abs(offset);
    int step = offset < 0 ? -1 : 1;
    if (offset == 0) {
      return base >= 0 && base < 32 && (mask >>> base & 1) != 0 ? base : -1;
    }
    while (place >= 0 && place < 32) {
      if ((mask >>> place & 1) != 0 && --left == 0) {
        return place;
      }
      place += step;
    }
    return -1;
  }

  /** prmt: four bytes chosen from eight. */
  static Instruction permute(Decoding decoding) {
    String mode = decoding.oneOf("", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16");
    decoding.type(B32);
    decoding.done(4);
    return Lanewise.lanes(
        (a, b, c) -> Permute.apply(b << 32 | a, (int) c, mode),
        decoding.target(0, B32),
        decoding.source(1, B32),
        decoding.source(2, B32),
        decoding.source(3, B32));
  }
}
