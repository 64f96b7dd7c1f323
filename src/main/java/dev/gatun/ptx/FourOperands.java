package dev.gatun.ptx;

/** An instruction with four sources that computes each lane by itself. */
final class FourOperands extends Instruction {
  /** A function of bits in one lane. */
  interface Lane {
    long apply(long a, long b, long c, long e);
  }

  private final Lane function;
  private final Slot d;
  private final Slot a;
  private final Slot b;
  private final Slot c;
  private final Slot e;

  FourOperands(Lane function, Slot d, Slot a, Slot b, Slot c, Slot e) {
    this.function = function;
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
    this.e = e;
  }

  @Override
  void execute(Warp warp, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      d.set(
          warp,
          lane,
          function.apply(
              a.get(warp, lane), b.get(warp, lane), c.get(warp, lane), e.get(warp, lane)));
    }
  }
}
