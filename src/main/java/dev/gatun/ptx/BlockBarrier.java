package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** bar.sync, bar.arrive and the barrier part of bar.red. */
final class BlockBarrier extends Instruction {
  private final boolean aligned;
  private final boolean waits;
  private final Slot id;
  private final @Nullable Slot count;
  private final @Nullable Slot holds;

  /**
   * @param aligned whether all threads of a warp must execute it together
   * @param count how many threads it is for, or null for all
   * @param holds the predicate of a reduction, or null
   */
  BlockBarrier(
      boolean aligned, boolean waits, Slot id, @Nullable Slot count, @Nullable Slot holds) {
    this.aligned = aligned;
    this.waits = waits;
    this.id = id;
    this.count = count;
    this.holds = holds;
  }

  @Override
  void execute(Warp warp, int mask) {
    if (aligned && !warp.gather(-1, mask)) {
      return;
    }
    int first = Integer.numberOfTrailingZeros(mask);
    if (aligned && warp.live() != warp.born()) {
      warp.block()
          .report(
              Finding.Kind.DIVERGENT_BARRIER,
              warp,
              this,
              first,
              "lanes 0x%08x of the warp have ended and do not reach it"
                  .formatted(warp.born() & ~warp.live()));
    }
    long number = id.get(warp, first);
    if (number > 15) {
      throw warp.block()
          .fault(
              Finding.Kind.TRAP, warp, this, first, "barrier " + number + " of 16 does not exist");
    }
    int held = 0;
    for (int rest = mask; holds != null && rest != 0; rest &= rest - 1) {
      held += (int) holds.get(warp, Integer.numberOfTrailingZeros(rest));
    }
    int expected = count == null ? 0 : (int) count.get(warp, first);
    int threads = aligned && expected > 0 ? Warp.LANES : Integer.bitCount(mask);
    warp.block().arrive((int) number, warp, mask, waits, threads, expected, held);
  }

  Slot id() {
    return id;
  }

  /** Whether it says how many threads come, who may be fewer than the block has. */
  boolean isOfSome() {
    return count != null;
  }
}
