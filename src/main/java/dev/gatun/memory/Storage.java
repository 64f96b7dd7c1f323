package dev.gatun.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where a {@link Region} has its memory: the host, or a device that cannot be read from the host.
 *
 * <p>Device memory is a segment as well, but one that only names an address and a size: nobody may
 * read or write through it. {@link Buffer} hands out segments of the host alone.
 */
public interface Storage {
  /** Whether segments can be read and written directly. */
  default boolean isHost() {
    return false;
  }

  /** Whether there is memory behind the segments; only a {@link PlannedStorage} has none. */
  default boolean holdsData() {
    return true;
  }

  /** Hears of a region that gives its memory back; it still knows what it took. */
  default void closed(Region region) {}

  /** Memory with unspecified contents, 64-byte aligned, given back when the arena closes. */
  MemorySegment reserve(long bytes, Arena arena);

  /** The same for a region, which messages may name. */
  default MemorySegment reserve(Region region, long bytes, Arena arena) {
    return reserve(bytes, arena);
  }

  /** Sets every byte. */
  void fill(MemorySegment target, byte value);

  /** Copies within this storage; both have the same size. */
  void copy(MemorySegment source, MemorySegment target);

  /** Copies from the host to this storage; the source may be reused on return. */
  void write(MemorySegment host, MemorySegment target);

  /**
   * A way for data to this storage while it is computed with.
   *
   * @param region in this storage, where data waits for its delivery
   */
  default Upload upload(Region region) {
    return new DirectUpload(region);
  }

  /** Copies from this storage to the host, when all work on the source is done. */
  void read(MemorySegment source, MemorySegment host);
}
