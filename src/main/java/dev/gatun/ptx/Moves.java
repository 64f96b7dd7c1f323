package dev.gatun.ptx;

import java.util.List;

/** Decodes mov, with packing and unpacking, cvta and isspacep. */
final class Moves {
  private Moves() {}

  /** Copies a row. */
  static Instruction copy(Slot d, Slot a) {
    if (d.kind() == Slot.Kind.INT && d.bits() == 32) {
      return Lanewise.ints(Loops::move, d, a);
    }
    if (d.kind() == Slot.Kind.LONG) {
      return Lanewise.longs(Loops::move, d, a);
    }
    return Lanewise.lanes((x, _, _) -> x, d, a);
  }

  static Instruction mov(Decoding decoding) {
    Type type = decoding.type();
    decoding.done(2);
    if (decoding.operand(1) instanceof Operand.Vector(List<Operand> parts)) {
      return pack(decoding, type, parts);
    }
    if (decoding.operand(0) instanceof Operand.Vector(List<Operand> parts)) {
      return unpack(decoding, type, parts);
    }
    if (type == Type.B128 || type.bits() == 8) {
      throw decoding.refuse("its type is not supported");
    }
    return copy(decoding.target(0, type), decoding.source(1, type));
  }

  private static Type partType(Decoding decoding, Type type, int parts) {
    Type part =
        switch (type.bits() / Math.max(parts, 1)) {
          case 8 -> Type.B8;
          case 16 -> Type.B16;
          case 32 -> Type.B32;
          default -> null;
        };
    if (part == null || !type.isBits() || type.bits() > 64 || (parts != 2 && parts != 4)) {
      throw decoding.refuse("%d parts do not make a .%s".formatted(parts, type));
    }
    return part;
  }

  private static Instruction pack(Decoding decoding, Type type, List<Operand> parts) {
    Type part = partType(decoding, type, parts.size());
    return new Pack(decoding.target(0, type), decoding.sources(1, part, parts.size()), part.bits());
  }

  private static Instruction unpack(Decoding decoding, Type type, List<Operand> parts) {
    Type part = partType(decoding, type, parts.size());
    return new Unpack(
        decoding.targets(0, part, parts.size()), decoding.source(1, type), part.bits());
  }

  private static final class Pack extends Instruction {
    private final Slot d;
    private final Slot[] parts;
    private final int width;

    Pack(Slot d, Slot[] parts, int width) {
      this.d = d;
      this.parts = parts;
      this.width = width;
    }

    @Override
    void execute(Warp warp, int mask) {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long value = 0;
        for (int i = 0; i < parts.length; i++) {
          value |= parts[i].get(warp, lane) << (i * width);
        }
        d.set(warp, lane, value);
      }
    }
  }

  private static final class Unpack extends Instruction {
    private final Slot[] parts;
    private final Slot a;
    private final int width;

    Unpack(Slot[] parts, Slot a, int width) {
      this.parts = parts;
      this.a = a;
      this.width = width;
    }

    @Override
    void execute(Warp warp, int mask) {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long value = a.get(warp, lane);
        for (int i = 0; i < parts.length; i++) {
          parts[i].set(warp, lane, value >>> (i * width));
        }
      }
    }
  }

  /** cvta: between the addresses of a space and generic ones. */
  static Instruction cvta(Decoding decoding) {
    boolean to = decoding.take("to");
    Space space =
        Spaces.of(
            decoding,
            decoding.require("global", "const", "shared", "shared::cta", "local", "param"));
    Type type = decoding.type(Type.U32, Type.U64);
    if (type == Type.U32) {
      throw decoding.refuse("generic addresses have 64 bits");
    }
    decoding.done(2);
    long window = Spaces.window(space);
    long shift = to ? -window : window;
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    if (shift == 0) {
      return copy(d, a);
    }
    return Lanewise.longs(Loops::add, d, a, decoding.builder().rows().constant(shift, 64));
  }

  /** isspacep: whether a generic address is in a space. */
  static Instruction isSpace(Decoding decoding) {
    Space space =
        Spaces.of(decoding, decoding.require("global", "const", "shared", "shared::cta", "local"));
    decoding.done(2);
    return Lanewise.lanes(
        (address, _, _) -> Spaces.holds(space, address) ? 1 : 0,
        decoding.target(0, Type.PRED),
        decoding.source(1, Type.U64));
  }
}
