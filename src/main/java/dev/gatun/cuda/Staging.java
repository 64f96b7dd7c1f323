package dev.gatun.cuda;

import java.lang.foreign.MemorySegment;

/**
 * Pinned memory through which small pieces pass between host and device, so that nobody waits for
 * each: pieces are handed out one behind the other, and anew when the queue has been waited for,
 * for then all of them have been copied.
 */
final class Staging implements AutoCloseable {
  /** The largest piece: more is copied without staging, and waited for. */
  static final long BYTES = 1L << 20;

  private static final long ALIGNMENT = 64;

  private final CudaDriver driver;
  private final DeviceGuard guard;
  private final MemorySegment memory;
  private long used;

  Staging(CudaDriver driver, DeviceGuard guard) {
    this.driver = driver;
    this.guard = guard;
    this.memory = guard.call(() -> driver.allocateHost(BYTES));
  }

  /** Whether a piece of this size has to wait until the queue has been waited for. */
  boolean isFullFor(long bytes) {
    return used + bytes > BYTES;
  }

  /** A piece that nobody else uses until {@link #reset}. */
  MemorySegment take(long bytes) {
    MemorySegment piece = memory.asSlice(used, bytes);
    used = Math.min(BYTES, (used + bytes + ALIGNMENT - 1) & -ALIGNMENT);
    return piece;
  }

  /** All pieces have been copied. */
  void reset() {
    used = 0;
  }

  @Override
  public void close() {
    guard.release(() -> driver.freeHost(memory));
  }
}
