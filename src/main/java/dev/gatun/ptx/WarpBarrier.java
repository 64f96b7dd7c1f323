package dev.gatun.ptx;

/** bar.warp.sync: nothing but that the lanes wait for each other. */
final class WarpBarrier extends WarpSync {
  WarpBarrier(Slot members) {
    super(members);
  }

  @Override
  void together(Warp warp, int mask) {
    // the gathering is all
  }
}
