package dev.gatun.ptx;

/**
 * How an emulator works.
 *
 * @param sanitize whether to look for reads of uninitialised memory and for races
 * @param seed orders warps and atomics; with 0 they go in their natural order
 * @param threads over how many threads blocks are spread, where their order does not matter
 * @param budget how many instructions a warp may execute: one that executes more is stopped as one
 *     that never ends
 */
public record Options(boolean sanitize, long seed, int threads, long budget) {
  /** More than a minute of one warp. */
  private static final long ENDLESS = 1L << 30;

  public Options {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
  }

  /** With a budget that only a warp exceeds which never ends. */
  public Options(boolean sanitize, long seed, int threads) {
    this(sanitize, seed, threads, ENDLESS);
  }

  /** All checks, natural order, one thread per processor. */
  public static Options standard() {
    return new Options(true, 0, Runtime.getRuntime().availableProcessors());
  }
}
