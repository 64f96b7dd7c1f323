package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** bra and brx: sends lanes to one target, or each to the one that its index names. */
final class Branch extends Instruction {
  private final int[] targets;
  private final @Nullable Slot index;

  Branch() {
    this.targets = new int[1];
    this.index = null;
  }

  Branch(Slot index, int count) {
    this.targets = new int[count];
    this.index = index;
  }

  /** The targets, which are filled in when labels are known. */
  int[] targets() {
    return targets;
  }

  @Override
  void execute(Warp warp, int mask) {
    if (index == null) {
      warp.branch(targets[0], mask);
      return;
    }
    int rest = mask;
    while (rest != 0) {
      int first = Integer.numberOfTrailingZeros(rest);
      int target = target(warp, first);
      int group = 0;
      for (int lanes = rest; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        group |= target(warp, lane) == target ? 1 << lane : 0;
      }
      warp.branch(target, group);
      rest &= ~group;
    }
  }

  private int target(Warp warp, int lane) {
    long i = index == null ? 0 : index.get(warp, lane);
    if (i >= targets.length) {
      throw warp.block()
          .fault(
              Finding.Kind.OUT_OF_BOUNDS,
              warp,
              this,
              lane,
              "index %d of a table with %d targets".formatted(i, targets.length));
    }
    return targets[(int) i];
  }
}
