package dev.gatun.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a {@link Region}, 64-byte aligned. It carries the generation in which it was
 * allocated, so that a use after release is an error with both generations and not a wrong number.
 */
public final class Buffer {
  private final Region region;
  private final MemorySegment segment;
  private final long offset;
  private final long generation;
  private final @Nullable Buffer whole;
  private boolean released;

  Buffer(Region region, MemorySegment segment, long offset, long generation) {
    this(region, segment, offset, generation, null);
  }

  private Buffer(
      Region region, MemorySegment segment, long offset, long generation, @Nullable Buffer whole) {
    this.region = region;
    this.segment = segment;
    this.offset = offset;
    this.generation = generation;
    this.whole = whole;
  }

  /** Some bytes of this memory, which live as long as the whole. */
  public Buffer part(long from, long bytes) {
    return new Buffer(region, segment.asSlice(from, bytes), offset + from, generation, this);
  }

  /** The memory, which is the host's. Operations unwrap it once per call and then use offsets. */
  public MemorySegment segment() {
    if (!region.storage().isHost()) {
      throw new IllegalStateException(
          "region '%s' is not in the memory of the host, but on %s: read or write its buffers"
              .formatted(region.name(), region.storage()));
    }
    return live();
  }

  /** The address of the memory, on the device that it is on. */
  public long address() {
    return live().address();
  }

  /** Sets every byte. */
  public void fill(byte value) {
    region.storage().fill(live(), value);
  }

  /** Copies the first bytes of another buffer in the same storage. */
  public void copyFrom(Buffer source, long bytes) {
    copyFrom(source, 0, 0, bytes);
  }

  /** Copies bytes of another buffer in the same storage. */
  public void copyFrom(Buffer source, long sourceOffset, long targetOffset, long bytes) {
    if (!region.storage().equals(source.region.storage())) {
      throw new IllegalArgumentException(
          "region '%s' on %s is copied to region '%s' on %s: read it and write it"
              .formatted(
                  source.region.name(), source.region.storage(), region.name(), region.storage()));
    }
    region
        .storage()
        .copy(source.live().asSlice(sourceOffset, bytes), live().asSlice(targetOffset, bytes));
  }

  /** Lets a writer fill the memory, which it sees as memory of the host. */
  public void write(Consumer<MemorySegment> writer) {
    if (region.storage().isHost()) {
      writer.accept(live());
      return;
    }
    if (!region.storage().holdsData()) {
      return;
    }
    try (Arena arena = Arena.ofShared()) {
      MemorySegment host = Pages.reserve(bytes(), arena);
      writer.accept(host);
      region.storage().write(host, live());
    }
  }

  /** Lets a reader see the memory, or a copy of it, as memory of the host. */
  public <T> T read(Function<MemorySegment, T> reader) {
    if (region.storage().isHost()) {
      return reader.apply(live());
    }
    try (Arena arena = Arena.ofShared()) {
      MemorySegment host = Pages.reserve(bytes(), arena);
      region.storage().read(live(), host);
      return reader.apply(host);
    }
  }

  private MemorySegment live() {
    if (whole != null) {
      whole.live();
    }
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
    return released || generation != region.generation() || (whole != null && whole.isReleased());
  }

  /** Gives the memory back before the region is reset. */
  public void release() {
    if (whole != null) {
      throw new IllegalStateException(
          "a part of a buffer in region '" + region.name() + "' is released with the whole");
    }
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
