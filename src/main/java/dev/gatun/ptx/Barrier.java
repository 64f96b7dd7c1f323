package dev.gatun.ptx;

/** One of the 16 named barriers of a block. */
final class Barrier {
  private final int[] waiting = new int[Warp.LANES];
  private int arrived;
  private int expected;

  /** Counted for {@code barrier.red}. */
  private int holding;

  private int reduced;
  private int members;
  private int participants;

  void reset() {
    java.util.Arrays.fill(waiting, 0);
    arrived = 0;
    expected = 0;
    holding = 0;
    members = 0;
  }

  /**
   * Threads arrive.
   *
   * @param waits whether they wait, or only arrive
   * @param threads how many they count for
   * @param count how many are expected, or 0 for all of the block
   * @param holds how many of them hold the predicate of a reduction
   */
  void arrive(int warp, int mask, boolean waits, int threads, int count, int holds) {
    arrived += threads;
    members += Integer.bitCount(mask);
    expected = count;
    holding += holds;
    if (waits) {
      waiting[warp] |= mask;
    }
  }

  boolean occupied() {
    return arrived > 0;
  }

  /** Whether it opens, given how many threads of the block are alive. */
  boolean complete(int live) {
    return arrived > 0 && arrived >= (expected == 0 ? live : expected);
  }

  /** Lets everybody go. */
  void open(Warp[] warps) {
    for (int i = 0; i < warps.length; i++) {
      if (waiting[i] != 0) {
        warps[i].release(waiting[i]);
      }
    }
    reduced = holding;
    participants = members;
    reset();
  }

  /** How many threads took part when it last opened. */
  int participants() {
    return participants;
  }

  /** How many threads held the predicate when it last opened. */
  int reduced() {
    return reduced;
  }

  /** How many threads have come, and how many it is for, in words. */
  String attendance(int live) {
    return "%d threads have come, %d are expected"
        .formatted(arrived, expected == 0 ? live : expected);
  }

  int waiting(int warp) {
    return waiting[warp];
  }

  /** A bit for each warp of which threads wait. */
  int waitingWarps() {
    int warps = 0;
    for (int w = 0; w < waiting.length; w++) {
      warps |= waiting[w] != 0 ? 1 << w : 0;
    }
    return warps;
  }
}
