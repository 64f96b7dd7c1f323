package dev.gatun.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;

/**
 * Memory with one lifetime, named for it: {@code model}, {@code step} or {@code session}.
 *
 * <p>Allocation is first fit at the lowest address in a list of free ranges, so the layout depends
 * on the sequence of calls alone and repeats from step to step. Memory is not zeroed. It is
 * reserved in chunks, which are kept for the life of the region: touching a fresh page costs more
 * than computing on it, so pages are touched once and reused. A training loop caps the region after
 * its first step; from then on growth is an error.
 *
 * <p>Allocation is confined to the driver thread; the memory itself is shared with the workers.
 */
public final class Region implements AutoCloseable {
  private static final long ALIGNMENT = 64;
  private static final long CHUNK = 64L << 20;

  private final String name;
  private final Storage storage;
  private final Arena arena = Arena.ofShared();

  /**
   * Free ranges by address: start to length. Addresses are those of the chunks laid end to end, one
   * gap apart.
   */
  private final TreeMap<Long, Long> free = new TreeMap<>();

  /** The first address of each chunk. */
  private final TreeMap<Long, MemorySegment> chunkAt = new TreeMap<>();

  private long end;
  private long generation;
  private long used;
  private long peak;
  private long reserved;
  private boolean capped;
  private boolean poison;

  /** A region on the host. */
  public Region(String name) {
    this(name, HostStorage.HOST);
  }

  /** A region on the host or a device. */
  public Region(String name, Storage storage) {
    this.name = name;
    this.storage = storage;
  }

  /** A region that reserves this many bytes at once, for example all parameters of a model. */
  public Region(String name, Storage storage, long bytes) {
    this(name, storage);
    grow(sizeOf(bytes));
  }

  /**
   * A region for one buffer of exactly this size: what watches over the storage, such as a
   * sanitizer, then sees where the buffer ends.
   */
  public static Region exactly(String name, Storage storage, long bytes) {
    Region region = new Region(name, storage);
    region.add(Math.max(bytes, 1), sizeOf(bytes));
    return region;
  }

  public String name() {
    return name;
  }

  /** Where its memory is. */
  public Storage storage() {
    return storage;
  }

  /** How often the region has been reset. */
  public long generation() {
    return generation;
  }

  /** Bytes in use now. */
  public long used() {
    return used;
  }

  /** The largest number of bytes that were in use at one time. */
  public long peak() {
    return peak;
  }

  /** Bytes taken from the operating system. */
  public long reserved() {
    return reserved;
  }

  /** How much of a region a buffer of this many bytes takes: whole blocks of 64 bytes. */
  public static long sizeOf(long bytes) {
    return Math.addExact(Math.max(bytes, 1), ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** A buffer of this many bytes, 64-byte aligned, with unspecified contents. */
  public Buffer allocate(long bytes) {
    long size = sizeOf(bytes);
    Map.Entry<Long, Long> fit = firstFit(size);
    if (fit == null) {
      grow(size);
      fit = firstFit(size);
      if (fit == null) {
        throw new AssertionError("a chunk grown for " + size + " bytes does not hold them");
      }
    }
    long start = fit.getKey();
    free.remove(start);
    if (fit.getValue() > size) {
      free.put(start + size, fit.getValue() - size);
    }
    used += size;
    peak = Math.max(peak, used);
    Map.Entry<Long, MemorySegment> chunk = chunkAt.floorEntry(start);
    return new Buffer(
        this, chunk.getValue().asSlice(start - chunk.getKey(), bytes), start, generation);
  }

  /** Releases everything at once; buffers of before become unusable. */
  public void reset() {
    generation++;
    used = 0;
    free.clear();
    for (Map.Entry<Long, MemorySegment> chunk : chunkAt.entrySet()) {
      free.put(chunk.getKey(), chunk.getValue().byteSize());
      if (poison) {
        storage.fill(chunk.getValue(), (byte) 0xff); // every float becomes a NaN
      }
    }
  }

  /** From now on the region may not grow. */
  public void cap() {
    capped = true;
  }

  /** Debug mode: a reset fills the memory with NaN. */
  public void poisonOnReset() {
    poison = true;
  }

  @Override
  public void close() {
    generation++;
    storage.closed(this);
    arena.close();
    chunkAt.clear();
    free.clear();
  }

  @Override
  public String toString() {
    return "Region '%s': %,d bytes used, %,d peak, %,d reserved"
        .formatted(name, used, peak, reserved);
  }

  void release(long start, long bytes) {
    long size = sizeOf(bytes);
    used -= size;
    if (poison) {
      Map.Entry<Long, MemorySegment> chunk = chunkAt.floorEntry(start);
      storage.fill(chunk.getValue().asSlice(start - chunk.getKey(), size), (byte) 0xff);
    }
    Map.Entry<Long, Long> below = free.lowerEntry(start);
    if (below != null && below.getKey() + below.getValue() == start) {
      start = below.getKey();
      size += below.getValue();
    }
    Long above = free.remove(start + size);
    if (above != null) {
      size += above;
    }
    free.put(start, size);
  }

  private Map.@org.jspecify.annotations.Nullable Entry<Long, Long> firstFit(long size) {
    for (Map.Entry<Long, Long> range : free.entrySet()) {
      if (range.getValue() >= size) {
        return Map.entry(range.getKey(), range.getValue());
      }
    }
    return null;
  }

  private void grow(long atLeast) {
    if (capped) {
      throw new OutOfRegionException(
          ("region '%s' holds %,d bytes, %,d in use, and may not grow by %,d:"
                  + " after the first step its size is fixed")
              .formatted(name, reserved, used, atLeast));
    }
    long size = Math.max(atLeast, Math.min(CHUNK, Math.max(1L << 20, reserved)));
    add(size, size);
  }

  /** Reserves bytes, which count as this many. */
  private void add(long bytes, long size) {
    MemorySegment chunk = storage.reserve(this, bytes, arena);
    chunkAt.put(end, chunk);
    free.put(end, size);
    end += size + ALIGNMENT; // the gap keeps ranges of two chunks from being joined
    reserved += size;
  }
}
