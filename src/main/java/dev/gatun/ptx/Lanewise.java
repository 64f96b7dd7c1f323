package dev.gatun.ptx;

/**
 * Instructions that compute each lane by itself. The frequent ones are loops over whole rows, which
 * HotSpot turns into vector instructions; where only some lanes are active all are computed and the
 * active ones are kept. The others call a function per lane.
 */
final class Lanewise {
  private Lanewise() {}

  /** A loop over rows of 32 bits. */
  static Instruction ints(IntLoop loop, Slot d, Slot... sources) {
    int a = sources[0].row();
    int b = sources.length > 1 ? sources[1].row() : a;
    int c = sources.length > 2 ? sources[2].row() : a;
    return new Ints(loop, d.row(), a, b, c);
  }

  /** A loop over rows of 64 bits. */
  static Instruction longs(LongLoop loop, Slot d, Slot... sources) {
    int a = sources[0].row();
    int b = sources.length > 1 ? sources[1].row() : a;
    int c = sources.length > 2 ? sources[2].row() : a;
    return new Longs(loop, d.row(), a, b, c);
  }

  /** A loop with 64-bit results, two rows of 32 bits and one of 64. */
  static Instruction mixed(MixedLoop loop, Slot d, int a, int b, int c) {
    return new Mixed(loop, d.row(), a, b, c);
  }

  /** A function per lane. */
  static Instruction lanes(LaneFunction function, Slot d, Slot... sources) {
    Slot a = sources[0];
    Slot b = sources.length > 1 ? sources[1] : a;
    Slot c = sources.length > 2 ? sources[2] : a;
    return new Lanes(function, d, a, b, c);
  }

  static void merge(int[] target, int[] source, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      target[lane] = source[lane];
    }
  }

  static void merge(long[] target, long[] source, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      target[lane] = source[lane];
    }
  }

  private static final class Ints extends Instruction {
    private final IntLoop loop;
    private final int d;
    private final int a;
    private final int b;
    private final int c;

    Ints(IntLoop loop, int d, int a, int b, int c) {
      this.loop = loop;
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
    }

    @Override
    void execute(Warp warp, int mask) {
      int[][] rows = warp.ints;
      if (mask == -1) {
        loop.run(rows[d], rows[a], rows[b], rows[c]);
      } else {
        loop.run(warp.result, rows[a], rows[b], rows[c]);
        merge(rows[d], warp.result, mask);
      }
    }
  }

  private static final class Longs extends Instruction {
    private final LongLoop loop;
    private final int d;
    private final int a;
    private final int b;
    private final int c;

    Longs(LongLoop loop, int d, int a, int b, int c) {
      this.loop = loop;
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
    }

    @Override
    void execute(Warp warp, int mask) {
      long[][] rows = warp.longs;
      if (mask == -1) {
        loop.run(rows[d], rows[a], rows[b], rows[c]);
      } else {
        loop.run(warp.wideResult, rows[a], rows[b], rows[c]);
        merge(rows[d], warp.wideResult, mask);
      }
    }
  }

  private static final class Mixed extends Instruction {
    private final MixedLoop loop;
    private final int d;
    private final int a;
    private final int b;
    private final int c;

    Mixed(MixedLoop loop, int d, int a, int b, int c) {
      this.loop = loop;
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
    }

    @Override
    void execute(Warp warp, int mask) {
      int[][] rows = warp.ints;
      long[][] wide = warp.longs;
      if (mask == -1) {
        loop.run(wide[d], rows[a], rows[b], wide[c]);
      } else {
        loop.run(warp.wideResult, rows[a], rows[b], wide[c]);
        merge(wide[d], warp.wideResult, mask);
      }
    }
  }

  private static final class Lanes extends Instruction {
    private final LaneFunction function;
    private final Slot d;
    private final Slot a;
    private final Slot b;
    private final Slot c;

    Lanes(LaneFunction function, Slot d, Slot a, Slot b, Slot c) {
      this.function = function;
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
    }

    @Override
    void execute(Warp warp, int mask) {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        d.set(warp, lane, function.apply(a.get(warp, lane), b.get(warp, lane), c.get(warp, lane)));
      }
    }
  }
}
