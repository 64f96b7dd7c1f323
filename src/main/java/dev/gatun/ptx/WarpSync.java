package dev.gatun.ptx;

/** An instruction that lanes execute together; a mask operand names those that take part. */
abstract class WarpSync extends Instruction {
  private final Slot members;

  WarpSync(Slot members) {
    this.members = members;
  }

  @Override
  final void execute(Warp warp, int mask) {
    int rest = mask;
    while (rest != 0) {
      int first = Integer.numberOfTrailingZeros(rest);
      int named = (int) members.get(warp, first);
      int group = 0;
      for (int lanes = rest; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        group |= (int) members.get(warp, lane) == named ? 1 << lane : 0;
      }
      rest &= ~group;
      if ((group & ~named) != 0) {
        throw warp.block()
            .fault(
                Finding.Kind.MISSING_LANES,
                warp,
                this,
                Integer.numberOfTrailingZeros(group & ~named),
                "the lane executes it, but its mask 0x%08x does not name it".formatted(named));
      }
      if (warp.gather(named, group)) {
        together(warp, group);
      }
    }
  }

  /**
   * All lanes are there.
   *
   * @param mask those that the mask operand names and that have not exited
   */
  abstract void together(Warp warp, int mask);
}
