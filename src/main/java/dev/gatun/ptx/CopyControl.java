package dev.gatun.ptx;

/** cp.async.commit_group, wait_group and wait_all. */
final class CopyControl extends Instruction {
  static final int COMMIT = -1;
  static final int ALL = -2;

  private final int what;

  /**
   * @param what {@link #COMMIT}, {@link #ALL} or how many groups may stay under way
   */
  CopyControl(int what) {
    this.what = what;
  }

  @Override
  void execute(Warp warp, int mask) {
    switch (what) {
      case COMMIT -> warp.copies.commit();
      case ALL -> warp.copies.finish(warp);
      default -> warp.copies.await(warp, what);
    }
  }
}
