package dev.gatun.ptx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A range of device addresses and the host memory behind it. An address a of thread t of the block
 * lies at host address {@code a + delta + t · laneStride}. Where {@code shadow} is not 0, a byte is
 * initialised if the byte at {@code a + shadow + t · laneStride} is 1.
 */
final class View {
  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  /** All memory of the process; views guard what is touched. */
  static final MemorySegment HOST = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  static final int INITIALISED = 0x01010101;
  static final long ALL_INITIALISED = 0x0101010101010101L;
  private static final long MOST_FOUND = 4096;

  final String name;
  final long base;
  final long size;
  final long delta;
  final long shadow;
  final long laneStride;
  final boolean shared;
  final boolean writable;
  private boolean freed;

  /** How many bytes from the base on are known to be initialised. */
  private long initialised;

  /**
   * @param host the host address of {@code base}, for lane 0
   * @param shadowHost the host address of the shadow of {@code base}, or 0
   */
  View(
      String name,
      long base,
      long size,
      long host,
      long shadowHost,
      long laneStride,
      boolean shared,
      boolean writable) {
    this.name = name;
    this.base = base;
    this.size = size;
    this.delta = host - base;
    this.shadow = shadowHost == 0 ? 0 : shadowHost - base;
    this.laneStride = laneStride;
    this.shared = shared;
    this.writable = writable;
  }

  boolean contains(long address, long bytes) {
    long offset = address - base;
    return offset >= 0 && offset <= size - bytes && !freed;
  }

  /** An address plus what the thread adds to it: each has its own local memory. */
  long strided(Warp warp, int lane, long address) {
    return address + (warp.index() * Warp.LANES + lane) * laneStride;
  }

  boolean freed() {
    return freed;
  }

  void free() {
    freed = true;
  }

  /** How many bytes from the base on are known to be initialised; more may be. */
  long initialised() {
    return initialised;
  }

  /** Finds out about more, though not much at once. */
  void findInitialised() {
    long known = initialised;
    long end = Math.min(size - 8, known + MOST_FOUND);
    while (known <= end && HOST.get(LONG, base + shadow + known) == ALL_INITIALISED) {
      known += 8;
    }
    initialised = known;
  }

  /** From an offset on bytes may not be initialised any more. */
  void forgetInitialised(long offset) {
    initialised = Math.min(initialised, offset);
  }

  /** Whether every byte of an access is initialised. */
  boolean initialised(long shadowAddress, int bytes) {
    return switch (bytes) {
      case 1 -> HOST.get(BYTE, shadowAddress) == 1;
      case 2 -> HOST.get(SHORT, shadowAddress) == 0x0101;
      case 4 -> HOST.get(INT, shadowAddress) == INITIALISED;
      default -> HOST.get(LONG, shadowAddress) == ALL_INITIALISED;
    };
  }

  /** Marks every byte of an access. */
  void initialise(long shadowAddress, int bytes) {
    switch (bytes) {
      case 1 -> HOST.set(BYTE, shadowAddress, (byte) 1);
      case 2 -> HOST.set(SHORT, shadowAddress, (short) 0x0101);
      case 4 -> HOST.set(INT, shadowAddress, INITIALISED);
      default -> HOST.set(LONG, shadowAddress, ALL_INITIALISED);
    }
  }

  /** Reads 1, 2, 4 or 8 bytes, zero-extended. */
  static long read(long host, int bytes) {
    return switch (bytes) {
      case 1 -> HOST.get(BYTE, host) & 0xffL;
      case 2 -> HOST.get(SHORT, host) & 0xffffL;
      case 4 -> HOST.get(INT, host) & 0xffff_ffffL;
      default -> HOST.get(LONG, host);
    };
  }

  /** Writes the low 1, 2, 4 or 8 bytes. */
  static void write(long host, int bytes, long value) {
    switch (bytes) {
      case 1 -> HOST.set(BYTE, host, (byte) value);
      case 2 -> HOST.set(SHORT, host, (short) value);
      case 4 -> HOST.set(INT, host, (int) value);
      default -> HOST.set(LONG, host, value);
    }
  }
}
