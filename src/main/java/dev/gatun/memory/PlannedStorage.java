package dev.gatun.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stands for memory that is counted and never taken: regions grow in it as they would in memory,
 * operations on it compute nothing, what is written is lost, and what is read is zero. A run in it
 * has the layout of the real one in little time.
 */
public final class PlannedStorage implements Storage {
  private static final long ALIGNMENT = 64;

  private final Map<String, Use> regions = new LinkedHashMap<>();
  private long next = ALIGNMENT;
  private long reserved;
  private long peak;

  /**
   * What regions of one name took, the largest of them.
   *
   * @param peak the most bytes in use at one time
   * @param reserved the most bytes taken from the operating system
   */
  public record Use(long peak, long reserved) {
    /** What a region took up to now. */
    public static Use of(Region region) {
      return new Use(region.peak(), region.reserved());
    }

    /** The larger of each number. */
    public Use max(Use other) {
      return new Use(Math.max(peak, other.peak), Math.max(reserved, other.reserved));
    }
  }

  /** What each region took that has been closed, by name. */
  public Map<String, Use> regions() {
    return Collections.unmodifiableMap(regions);
  }

  /** The most bytes that all regions together had reserved at one time. */
  public long peak() {
    return peak;
  }

  @Override
  public boolean holdsData() {
    return false;
  }

  @Override
  public MemorySegment reserve(long bytes, Arena arena) {
    MemorySegment segment =
        MemorySegment.ofAddress(next).reinterpret(bytes, arena, _ -> reserved -= bytes);
    next += Region.sizeOf(bytes);
    reserved += bytes;
    peak = Math.max(peak, reserved);
    return segment;
  }

  @Override
  public void closed(Region region) {
    regions.merge(region.name(), Use.of(region), Use::max);
  }

  @Override
  public void fill(MemorySegment target, byte value) {}

  @Override
  public void copy(MemorySegment source, MemorySegment target) {}

  @Override
  public void write(MemorySegment host, MemorySegment target) {}

  @Override
  public void read(MemorySegment source, MemorySegment host) {
    host.fill((byte) 0);
  }

  @Override
  public String toString() {
    return "no memory";
  }
}
