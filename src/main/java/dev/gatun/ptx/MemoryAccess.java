package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** An instruction that touches memory: where, and the checks that all of them need. */
abstract class MemoryAccess extends Instruction {
  private final Space space;
  private final @Nullable Slot base;
  private final long offset;

  /** Bytes of an element. */
  final int bytes;

  /** Elements of a lane. */
  final int count;

  /** Whether races in shared memory are looked for. */
  private final boolean plain;

  private @Nullable View last;

  /** An address as decoded: a row plus an offset, or an offset alone. */
  record Place(Space space, @Nullable Slot base, long offset) {}

  MemoryAccess(Place place, int bytes, int count, boolean plain) {
    this.space = place.space();
    this.base = place.base();
    this.offset = place.offset();
    this.bytes = bytes;
    this.count = count;
    this.plain = plain;
  }

  final Space space() {
    return space;
  }

  final boolean isUniform() {
    return base == null;
  }

  final boolean checksRaces(Warp warp, View view) {
    return plain && view.shared && warp.block().races() != null;
  }

  /** The addresses of all lanes, in a row that the next memory instruction overwrites. */
  final long[] addresses(Warp warp) {
    long[] addresses = warp.addresses;
    if (base == null) {
      java.util.Arrays.fill(addresses, offset);
    } else if (base.kind() == Slot.Kind.LONG) {
      add(addresses, warp.longs[base.row()], offset);
    } else {
      add(addresses, warp.ints[base.row()], offset);
    }
    return addresses;
  }

  private static void add(long[] d, long[] a, long offset) {
    for (int l = 0; l < Warp.LANES; l++) {
      d[l] = a[l] + offset;
    }
  }

  private static void add(long[] d, int[] a, long offset) {
    for (int l = 0; l < Warp.LANES; l++) {
      d[l] = (a[l] & 0xffff_ffffL) + offset & 0xffff_ffffL;
    }
  }

  /** Whether the lanes touch consecutive elements of a size. */
  static boolean consecutive(long[] addresses, int size) {
    long first = addresses[0];
    if (addresses[1] - first != size) {
      return false;
    }
    long difference = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      difference |= addresses[l] - (first + (long) l * size);
    }
    return difference == 0;
  }

  /** Whether all 32 lanes lie in one view and are aligned. */
  final boolean allInside(View view, long[] addresses) {
    return allInside(view, addresses, view.size);
  }

  /**
   * The same for the first bytes of a view. Said without branches, so that it is vectorised: an
   * offset outside has a sign bit somewhere.
   */
  final boolean allInside(View view, long[] addresses, long end) {
    int size = bytes * count;
    if (view.laneStride != 0 || view.freed()) {
      return false;
    }
    long base = view.base;
    long last = end - size;
    long outside = 0;
    long any = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      long offset = addresses[l] - base;
      outside |= offset | (last - offset);
      any |= addresses[l];
    }
    return outside >= 0 && (any & (size - 1)) == 0;
  }

  /** Whether a lane touches what its neighbour, or the lane 16 below, has touched. */
  static boolean repeats(long[] addresses, int mask, int lane) {
    return (lane > 0 && addresses[lane] == addresses[lane - 1] && (mask >>> (lane - 1) & 1) != 0)
        || (lane >= 16
            && addresses[lane] == addresses[lane - 16]
            && (mask >>> (lane - 16) & 1) != 0);
  }

  /** The view that holds an access, or a fault that says why there is none. */
  final View view(Warp warp, int lane, long address) {
    return view(warp, lane, address, bytes * count);
  }

  /** The same for an access of fewer bytes; all of it must be aligned. */
  final View view(Warp warp, int lane, long address, int size) {
    View cached = last;
    if (cached != null && cached.contains(address, size)) {
      return aligned(cached, warp, lane, address);
    }
    View found = Spaces.view(warp.block(), space, address, size);
    if (found == null) {
      throw outOfBounds(warp, lane, address, size);
    }
    if (found.base >= GlobalMemory.CONSTANT_BASE) {
      last = found;
    }
    return aligned(found, warp, lane, address);
  }

  private View aligned(View view, Warp warp, int lane, long address) {
    int size = bytes * count;
    if ((address & size - 1) != 0) {
      throw misaligned(warp, lane, address, size);
    }
    return view;
  }

  final KernelFault misaligned(Warp warp, int lane, long address, int size) {
    return warp.block()
        .fault(
            Finding.Kind.MISALIGNED,
            warp,
            this,
            lane,
            "%d bytes at 0x%x, which is no multiple of %d; %s"
                .formatted(size, address, size, describe(warp, address)));
  }

  private KernelFault outOfBounds(Warp warp, int lane, long address, int size) {
    View nearest = warp.block().emulator().memory().nearest(address);
    boolean freed =
        nearest != null
            && nearest.freed()
            && address - nearest.base < nearest.size
            && (space == Space.GLOBAL || space == Space.GENERIC);
    return warp.block()
        .fault(
            freed ? Finding.Kind.USE_AFTER_FREE : Finding.Kind.OUT_OF_BOUNDS,
            warp,
            this,
            lane,
            "%d bytes in %s space: %s".formatted(size, space, describe(warp, address)));
  }

  final String describe(Warp warp, long address) {
    Block block = warp.block();
    boolean shared = space == Space.SHARED || Spaces.holds(Space.SHARED, address);
    boolean local = space == Space.LOCAL || Spaces.holds(Space.LOCAL, address);
    if (shared && space != Space.GLOBAL) {
      return sharedPlace(warp, address);
    }
    if (local && space != Space.GLOBAL) {
      return "byte %,d of local memory, which has %,d"
          .formatted(address & Block.WINDOW - 1, block.localView.size);
    }
    if (space == Space.PARAM) {
      return "byte %,d of the kernel parameters, which have %,d"
          .formatted(address & Block.WINDOW - 1, block.parameterView.size);
    }
    return block.emulator().memory().describe(address);
  }

  private static String sharedPlace(Warp warp, long address) {
    long at = address & Block.WINDOW - 1;
    long size = warp.block().sharedView.size;
    return at < size
        ? "byte %,d of shared memory (%s)".formatted(at, warp.program().shared().describe(at))
        : "byte %,d of shared memory, which has %,d".formatted(at, size);
  }

  final void requireWritable(View view, Warp warp, int lane, long address) {
    if (!view.writable) {
      throw warp.block()
          .fault(
              Finding.Kind.READ_ONLY,
              warp,
              this,
              lane,
              "a write to %s".formatted(describe(warp, address)));
    }
  }

  final void reportUninitialised(Warp warp, int lane, long address) {
    warp.block()
        .report(
            Finding.Kind.UNINITIALISED,
            warp,
            this,
            lane,
            "nothing has been written to %s".formatted(describe(warp, address)));
  }

  final void reportRace(Warp warp, int lane, long address, int other) {
    warp.block()
        .report(
            Finding.Kind.SHARED_RACE,
            warp,
            this,
            lane,
            "no barrier separates this access to %s from that of another warp at %s"
                .formatted(sharedPlace(warp, address), warp.program().code()[other].source()));
  }
}
