package dev.gatun.ptx;

/**
 * How an emulator works.
 *
 * @param sanitize whether to look for reads of uninitialised memory and for races
 * @param seed orders warps and atomics; with 0 they go in their natural order
 * @param threads over how many threads blocks are spread, where their order does not matter
 */
public record Options(boolean sanitize, long seed, int threads) {
  public Options {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
  }

  /** All checks, natural order, one thread per processor. */
  public static Options standard() {
    return new Options(true, 0, Runtime.getRuntime().availableProcessors());
  }
}
