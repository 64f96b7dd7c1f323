package dev.gatun.ptx;

/** Reads a clock into a row: instructions of the warp, or nanoseconds. */
final class ReadClock extends Instruction {
  private final Slot d;
  private final String name;

  ReadClock(Slot d, String name) {
    this.d = d;
    this.name = name;
  }

  @Override
  void execute(Warp warp, int mask) {
    long time = name.startsWith("%clock") ? warp.executed() : System.nanoTime();
    long value = name.endsWith("_hi") ? time >>> 32 : time;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      d.set(warp, Integer.numberOfTrailingZeros(rest), value);
    }
  }
}
