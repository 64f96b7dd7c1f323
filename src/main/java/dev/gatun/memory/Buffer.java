package dev.gatun.memory;

import java.lang.foreign.MemorySegment;

/**
 * A piece of a {@link Region}, 64-byte aligned. It carries the generation in which it was
 * allocated, so that a use after release is an error with both generations and not a wrong number.
 */
public final class Buffer {
  private final Region region;
  private final MemorySegment segment;
  private final long offset;
  private final long generation;
  private boolean released;

  Buffer(Region region, MemorySegment segment, long offset, long generation) {
    this.region = region;
    this.segment = segment;
    this.offset = offset;
    this.generation = generation;
  }

  /** The memory. Operations unwrap it once per call and then use offsets. */
  public MemorySegment segment() {
    if (released) {
      throw new IllegalStateException(
          "use after release: a buffer of " + bytes() + " bytes in region '" + region.name() + "'");
    }
    if (generation != region.generation()) {
      throw new IllegalStateException(
          "use after reset: a buffer of generation %d in region '%s', which is at generation %d"
              .formatted(generation, region.name(), region.generation()));
    }
    return segment;
  }

  /** The size in bytes. */
  public long bytes() {
    return segment.byteSize();
  }

  /** The region that owns the memory. */
  public Region region() {
    return region;
  }

  /** Whether the memory has been given back. */
  public boolean isReleased() {
    return released || generation != region.generation();
  }

  /** Gives the memory back before the region is reset. */
  public void release() {
    if (released) {
      throw new IllegalStateException(
          "released twice: a buffer of " + bytes() + " bytes in region '" + region.name() + "'");
    }
    if (generation == region.generation()) {
      region.release(offset, bytes());
    }
    released = true;
  }

  long offset() {
    return offset;
  }
}
