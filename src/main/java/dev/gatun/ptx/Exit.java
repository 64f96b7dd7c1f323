package dev.gatun.ptx;

/** The end of threads. */
final class Exit extends Instruction {
  @Override
  void execute(Warp warp, int mask) {
    warp.exit(mask);
  }
}
