package dev.gatun.ptx;

import static dev.gatun.ptx.Type.S32;
import static dev.gatun.ptx.Type.S64;
import static dev.gatun.ptx.Type.U32;
import static dev.gatun.ptx.Type.U64;

/**
 * Decodes arithmetic of extended precision: {@code add.cc}, {@code addc}, {@code madc} ... A
 * difference is a + ~b + 1, and its carry out is 1 where nothing was borrowed. The ISA calls it a
 * borrow; that {@code addc} after {@code sub.cc} adds 1 where none was is what GPUs do, and what
 * the 128-bit division of NVIDIA's compiler builds on.
 */
final class Carries {
  private static final Type[] TYPES = {U32, S32, U64, S64};

  /** A sum with a carry in and out, in one lane. */
  private interface Step {
    /**
     * @param carry 0 or 1 in
     * @return the result; the carry out is {@link #carryOut}
     */
    long apply(long a, long b, long c, int carry);

    /** The carry out of the same operands. */
    int carryOut(long a, long b, long c, int carry);

    /** The carry into the lowest word. */
    default int first() {
      return 0;
    }
  }

  private Carries() {}

  static Instruction addSub(Decoding decoding, boolean add, boolean in, boolean out) {
    Type type = decoding.type(TYPES);
    decoding.done(3);
    int bits = type.bits();
    return new Carry(
        add ? new Add(bits) : new Subtract(bits),
        in,
        out,
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, type),
        decoding.source(2, type));
  }

  static Instruction mad(Decoding decoding, boolean in, boolean out) {
    boolean high = decoding.require("lo", "hi").equals("hi");
    Type type = decoding.type(TYPES);
    decoding.done(4);
    return new Carry(
        new Multiply(type, high),
        in,
        out,
        decoding.target(0, type),
        decoding.source(1, type),
        decoding.source(2, type),
        decoding.source(3, type));
  }

  private static int carryOfSum(long a, long b, int carry, int bits) {
    if (bits == 32) {
      return (int) (((a & 0xffff_ffffL) + (b & 0xffff_ffffL) + carry) >>> 32);
    }
    long sum = a + b + carry;
    return (int) (((a & b) | ((a | b) & ~sum)) >>> 63);
  }

  private record Add(int bits) implements Step {
    @Override
    public long apply(long a, long b, long c, int carry) {
      return a + b + carry;
    }

    @Override
    public int carryOut(long a, long b, long c, int carry) {
      return carryOfSum(a, b, carry, bits);
    }
  }

  /** The carry is 1 where nothing is borrowed. */
  private record Subtract(int bits) implements Step {
    @Override
    public int first() {
      return 1;
    }

    @Override
    public long apply(long a, long b, long c, int carry) {
      return a + ~b + carry;
    }

    @Override
    public int carryOut(long a, long b, long c, int carry) {
      return carryOfSum(a, ~b, carry, bits);
    }
  }

  private record Multiply(Type type, boolean high) implements Step {
    private long product(long a, long b) {
      return high ? IntegerArithmetic.high(type, a, b) : a * b;
    }

    @Override
    public long apply(long a, long b, long c, int carry) {
      return product(a, b) + c + carry;
    }

    @Override
    public int carryOut(long a, long b, long c, int carry) {
      return carryOfSum(product(a, b), c, carry, type.bits());
    }
  }

  private static final class Carry extends Instruction {
    private final Step step;
    private final boolean in;
    private final boolean out;
    private final Slot d;
    private final Slot a;
    private final Slot b;
    private final Slot c;

    Carry(Step step, boolean in, boolean out, Slot d, Slot a, Slot b, Slot c) {
      this.step = step;
      this.in = in;
      this.out = out;
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
    }

    @Override
    void execute(Warp warp, int mask) {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long x = a.get(warp, lane);
        long y = b.get(warp, lane);
        long z = c.get(warp, lane);
        int carry = in ? warp.carry >>> lane & 1 : step.first();
        d.set(warp, lane, step.apply(x, y, z, carry));
        if (out) {
          int after = step.carryOut(x, y, z, carry);
          warp.carry = (warp.carry & ~(1 << lane)) | after << lane;
        }
      }
    }
  }
}
