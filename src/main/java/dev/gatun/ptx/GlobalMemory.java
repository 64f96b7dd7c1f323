package dev.gatun.ptx;

import dev.gatun.core.DoesNotFitException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The memory of the emulated device: allocations at addresses that repeat from run to run, are
 * never used twice, and have unmapped gaps between them, so that an access past the end of one does
 * not fall into the next.
 */
final class GlobalMemory implements AutoCloseable {
  static final long BASE = 0x7000_0000_0000L;
  static final long CONSTANT_BASE = 0x6000_0000_0000L;
  private static final long ALIGNMENT = 512;
  private static final long GAP = 4096;

  private final boolean shadowed;
  private final TreeMap<Long, Allocation> allocations = new TreeMap<>();
  private long next = BASE;
  private long nextConstant = CONSTANT_BASE;
  private long used;

  /** A view with the memory behind it, which goes when it is freed. */
  private static final class Allocation {
    private final Arena arena = Arena.ofShared();
    private final View view;

    Allocation(String name, long base, long bytes, boolean shadowed, boolean writable) {
      MemorySegment memory = arena.allocate(Math.max(bytes, 1), 64).fill((byte) 0xff);
      MemorySegment shadow = shadowed ? arena.allocate(Math.max(bytes, 1), 64) : MemorySegment.NULL;
      view = new View(name, base, bytes, memory.address(), shadow.address(), 0, false, writable);
    }

    View view() {
      return view;
    }

    void free() {
      view.free();
      arena.close();
    }
  }

  /**
   * @param shadowed whether to keep which bytes have been initialised
   */
  GlobalMemory(boolean shadowed) {
    this.shadowed = shadowed;
  }

  /** Bytes in use. */
  synchronized long used() {
    return used;
  }

  /**
   * New memory; its contents are undefined and are in fact a pattern that is NaN in every float
   * format.
   *
   * @param name what findings call it
   * @param writable false for constant memory
   */
  synchronized View allocate(long bytes, String name, boolean writable) {
    long base = writable ? next : nextConstant;
    Allocation allocation;
    try {
      allocation = new Allocation(name, base, bytes, shadowed, writable);
    } catch (OutOfMemoryError e) {
      throw new DoesNotFitException("the emulated device has no %,d bytes left".formatted(bytes));
    }
    allocations.put(base, allocation);
    long step = (bytes + GAP + ALIGNMENT - 1) & -ALIGNMENT;
    next += writable ? step : 0;
    nextConstant += writable ? 0 : step;
    used += bytes;
    return allocation.view();
  }

  /**
   * Frees the allocation that begins at an address.
   *
   * @return whether there is one
   */
  synchronized boolean free(long address) {
    Allocation found = allocations.get(address);
    if (found == null || found.view().freed()) {
      return false;
    }
    found.free();
    used -= found.view().size;
    return true;
  }

  /** The allocation, perhaps freed, that holds an address or ends closest below it; or null. */
  synchronized @Nullable View nearest(long address) {
    Map.Entry<Long, Allocation> below = allocations.floorEntry(address);
    return below == null ? null : below.getValue().view();
  }

  /** The live allocation that holds a range; or null. */
  @Nullable View find(long address, long bytes) {
    View view = nearest(address);
    return view != null && view.contains(address, bytes) ? view : null;
  }

  /** Host memory to device. */
  void write(long address, MemorySegment source) {
    View view = require(address, source.byteSize());
    MemorySegment.copy(source, 0, View.HOST, address + view.delta, source.byteSize());
    markInitialised(view, address, source.byteSize());
  }

  /** Device memory to host. */
  void read(long address, MemorySegment target) {
    View view = require(address, target.byteSize());
    MemorySegment.copy(View.HOST, address + view.delta, target, 0, target.byteSize());
  }

  /** Sets every byte of a range. */
  void fill(long address, long bytes, byte value) {
    View view = require(address, bytes);
    View.HOST.asSlice(address + view.delta, bytes).fill(value);
    markInitialised(view, address, bytes);
  }

  /** Sets every word of a range. */
  void fillWords(long address, long words, int value) {
    View view = require(address, 4 * words);
    for (long i = 0; i < words; i++) {
      View.HOST.set(View.INT, address + view.delta + 4 * i, value);
    }
    markInitialised(view, address, 4 * words);
  }

  /** Device to device, with what is initialised. */
  void copy(long source, long target, long bytes) {
    View from = require(source, bytes);
    View to = require(target, bytes);
    MemorySegment.copy(View.HOST, source + from.delta, View.HOST, target + to.delta, bytes);
    if (to.shadow != 0) {
      to.forgetInitialised(target - to.base);
      MemorySegment.copy(View.HOST, source + from.shadow, View.HOST, target + to.shadow, bytes);
    }
  }

  private static void markInitialised(View view, long address, long bytes) {
    if (view.shadow != 0) {
      View.HOST.asSlice(address + view.shadow, bytes).fill((byte) 1);
    }
  }

  View require(long address, long bytes) {
    View view = find(address, bytes);
    if (view == null) {
      throw new IllegalArgumentException(
          "device range 0x%x of %,d bytes: %s".formatted(address, bytes, describe(address)));
    }
    return view;
  }

  /** What lies at an address, in words. */
  String describe(long address) {
    View view = nearest(address);
    if (view == null) {
      return "address 0x%x is in no buffer".formatted(address);
    }
    long offset = address - view.base;
    String state = view.freed() ? "which has been freed" : "which is live";
    String place =
        offset < view.size
            ? "byte %,d of".formatted(offset)
            : "%,d bytes past the end of".formatted(offset - view.size);
    return "address 0x%x is %s buffer '%s' of %,d bytes, %s"
        .formatted(address, place, view.name, view.size, state);
  }

  @Override
  public synchronized void close() {
    for (Allocation allocation : allocations.values()) {
      if (!allocation.view().freed()) {
        allocation.free();
      }
    }
    allocations.clear();
    used = 0;
  }
}
