package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** Decodes shfl, vote, match, redux, activemask, elect and bar.warp.sync. */
final class WarpInstructions {
  private static final int POISON = 0x7fbadbad;

  private WarpInstructions() {}

  /** What lanes compute together, without the gathering. */
  private interface Together {
    void run(Instruction at, Warp warp, int mask);
  }

  private static final class Synchronised extends WarpSync {
    private final Together body;

    Synchronised(Slot members, Together body) {
      super(members);
      this.body = body;
    }

    @Override
    void together(Warp warp, int mask) {
      body.run(this, warp, mask);
    }
  }

  /** The forms without .sync take the lanes that happen to be there. */
  private static final class Present extends Instruction {
    private final Together body;

    Present(Together body) {
      this.body = body;
    }

    @Override
    void execute(Warp warp, int mask) {
      body.run(this, warp, mask);
    }
  }

  private static Instruction of(Decoding decoding, boolean sync, int maskOperand, Together body) {
    return sync
        ? new Synchronised(decoding.source(maskOperand, Type.B32), body)
        : new Present(body);
  }

  private static void predicate(Warp warp, Slot p, int mask, int value) {
    warp.predicates[p.row()] = (warp.predicates[p.row()] & ~mask) | (value & mask);
  }

  private static int lanesHolding(Warp warp, Slot p, int mask) {
    return (warp.predicates[p.row()] ^ p.flip()) & mask;
  }

  /** shfl: reads a register of another lane. */
  static Instruction shuffle(Decoding decoding) {
    boolean sync = decoding.take("sync");
    String mode = decoding.require("up", "down", "bfly", "idx");
    decoding.type(Type.B32);
    decoding.done(sync ? 5 : 4);
    Operand result = decoding.operand(0);
    Operand value = result instanceof Operand.Pair(Operand first, Operand _) ? first : result;
    Slot d = decoding.target(value, Type.B32, false);
    @Nullable Slot p =
        result instanceof Operand.Pair(Operand _, Operand second)
            ? decoding.target(second, Type.PRED, false)
            : null;
    Slot a = decoding.source(1, Type.B32);
    Slot b = decoding.source(2, Type.B32);
    Slot c = decoding.source(3, Type.B32);
    return of(decoding, sync, 4, (at, warp, mask) -> shuffle(at, warp, mask, mode, d, p, a, b, c));
  }

  private static void shuffle(
      Instruction at,
      Warp warp,
      int mask,
      String mode,
      Slot d,
      @Nullable Slot p,
      Slot a,
      Slot b,
      Slot c) {
    int[] values = warp.ints[a.row()];
    int[] picked = warp.result;
    int inRange = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int by = warp.ints[b.row()][lane] & 31;
      int control = warp.ints[c.row()][lane];
      int segment = control >>> 8 & 31;
      int most = (lane & segment) | (control & 31 & ~segment);
      int from =
          switch (mode) {
            case "up" -> lane - by;
            case "down" -> lane + by;
            case "bfly" -> lane ^ by;
            default -> (lane & segment) | (by & ~segment);
          };
      boolean valid = mode.equals("up") ? from >= most : from <= most;
      int source = valid ? from : lane;
      inRange |= (valid ? 1 : 0) << lane;
      boolean present = (mask >>> source & 1) != 0;
      picked[lane] = present ? values[source] : POISON;
      if (!present) {
        reportAbsent(at, warp, lane, source);
      }
    }
    Lanewise.merge(warp.ints[d.row()], picked, mask);
    if (p != null) {
      predicate(warp, p, mask, inRange);
    }
  }

  private static void reportAbsent(Instruction at, Warp warp, int lane, int source) {
    String state = (warp.live() >>> source & 1) != 0 ? "is not in the mask" : "has ended";
    warp.block()
        .report(
            Finding.Kind.MISSING_LANES,
            warp,
            at,
            lane,
            "lane %d reads lane %d, which %s".formatted(lane, source, state));
  }

  static Instruction vote(Decoding decoding) {
    boolean sync = decoding.take("sync");
    String mode = decoding.require("all", "any", "uni", "ballot");
    boolean ballot = mode.equals("ballot");
    Type type = ballot ? decoding.type(Type.B32) : decoding.type(Type.PRED);
    decoding.done(sync ? 3 : 2);
    Slot d = decoding.target(0, type);
    Slot p = decoding.source(1, Type.PRED);
    return of(
        decoding,
        sync,
        2,
        (_, warp, mask) -> {
          int holding = lanesHolding(warp, p, mask);
          if (ballot) {
            fill(warp, d, mask, holding);
            return;
          }
          boolean result =
              switch (mode) {
                case "all" -> holding == mask;
                case "any" -> holding != 0;
                default -> holding == mask || holding == 0;
              };
          predicate(warp, d, mask, result ? -1 : 0);
        });
  }

  private static void fill(Warp warp, Slot d, int mask, int value) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      d.set(warp, Integer.numberOfTrailingZeros(rest), value);
    }
  }

  /** match: the lanes that hold the same value. */
  static Instruction match(Decoding decoding) {
    boolean all = decoding.require("any", "all").equals("all");
    if (!decoding.take("sync")) {
      throw decoding.refuse("it needs .sync");
    }
    Type type = decoding.type(Type.B32, Type.B64);
    decoding.done(3);
    Operand result = decoding.operand(0);
    boolean pair = result instanceof Operand.Pair;
    if (pair && !all) {
      throw decoding.refuse("match.any has one result");
    }
    Operand first = result instanceof Operand.Pair(Operand value, Operand _) ? value : result;
    Slot d = decoding.target(first, Type.B32, false);
    @Nullable Slot p =
        result instanceof Operand.Pair(Operand _, Operand second)
            ? decoding.target(second, Type.PRED, false)
            : null;
    Slot a = decoding.source(1, type);
    return of(
        decoding,
        true,
        2,
        (_, warp, mask) -> {
          for (int rest = mask; rest != 0; rest &= rest - 1) {
            int lane = Integer.numberOfTrailingZeros(rest);
            int same = equalLanes(warp, a, mask, a.get(warp, lane));
            d.set(warp, lane, all && same != mask ? 0 : same);
            if (p != null) {
              predicate(warp, p, 1 << lane, same == mask ? -1 : 0);
            }
          }
        });
  }

  private static int equalLanes(Warp warp, Slot a, int mask, long value) {
    int same = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      same |= (a.get(warp, lane) == value ? 1 : 0) << lane;
    }
    return same;
  }

  /** redux: a reduction over the lanes. */
  static Instruction reduce(Decoding decoding) {
    if (!decoding.take("sync")) {
      throw decoding.refuse("it needs .sync");
    }
    String op = decoding.require("add", "min", "max", "and", "or", "xor");
    boolean bits = op.equals("and") || op.equals("or") || op.equals("xor");
    Type type = bits ? decoding.type(Type.B32) : decoding.type(Type.U32, Type.S32);
    decoding.done(3);
    Slot d = decoding.target(0, type);
    Slot a = decoding.source(1, type);
    return of(
        decoding,
        true,
        2,
        (_, warp, mask) -> {
          int first = Integer.numberOfTrailingZeros(mask);
          long result = IntegerArithmetic.value(type, a.get(warp, first));
          for (int rest = mask & mask - 1; rest != 0; rest &= rest - 1) {
            int lane = Integer.numberOfTrailingZeros(rest);
            result = combine(op, type, result, a.get(warp, lane));
          }
          fill(warp, d, mask, (int) result);
        });
  }

  private static long combine(String op, Type type, long x, long bits) {
    long y = IntegerArithmetic.value(type, bits);
    return switch (op) {
      case "add" -> x + y;
      case "min" -> Math.min(x, y);
      case "max" -> Math.max(x, y);
      case "and" -> x & y;
      case "or" -> x | y;
      default -> x ^ y;
    };
  }

  static Instruction activeMask(Decoding decoding) {
    decoding.type(Type.B32);
    decoding.done(1);
    Slot d = decoding.target(0, Type.B32);
    return new Present((_, warp, mask) -> fill(warp, d, mask, mask));
  }

  /** elect: the lowest lane. */
  static Instruction elect(Decoding decoding) {
    if (!decoding.take("sync")) {
      throw decoding.refuse("it needs .sync");
    }
    decoding.done(2);
    if (!(decoding.operand(0) instanceof Operand.Pair(Operand first, Operand second))) {
      throw decoding.refuse("it has two results");
    }
    Slot d = decoding.target(first, Type.B32, false);
    Slot p = decoding.target(second, Type.PRED, false);
    return of(
        decoding,
        true,
        1,
        (_, warp, mask) -> {
          fill(warp, d, mask, Integer.numberOfTrailingZeros(mask));
          predicate(warp, p, mask, Integer.lowestOneBit(mask));
        });
  }
}
