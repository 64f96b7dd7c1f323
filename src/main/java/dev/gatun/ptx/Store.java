package dev.gatun.ptx;

import java.lang.foreign.MemorySegment;

/** st: elements of 1 to 8 bytes, up to four per lane. */
final class Store extends MemoryAccess {
  private final Slot[] sources;

  /** Elements of 32 bits from rows of 32 bits. */
  private final boolean words;

  Store(Place place, Type type, Slot[] sources, boolean plain) {
    super(place, type.bytes(), sources.length, plain);
    this.sources = sources;
    boolean narrow = type.bytes() == 4;
    for (Slot source : sources) {
      narrow &= source.bits() == 32;
    }
    this.words = narrow;
  }

  @Override
  void execute(Warp warp, int mask) {
    long[] addresses = addresses(warp);
    if (words && count == 1 && mask == -1 && consecutive(addresses, 4) && bulk(warp, addresses)) {
      return;
    }
    if (words && mask == -1 && scatter(warp, addresses)) {
      return;
    }
    View view = null;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long address = addresses[lane];
      view = view(warp, lane, address);
      requireWritable(view, warp, lane, address);
      long strided = view.strided(warp, lane, address);
      if (checksRaces(warp, view)) {
        checkRaces(warp, view, lane, address);
      }
      if (words) {
        word(warp, view, lane, strided);
      } else {
        element(warp, view, lane, strided);
      }
    }
  }

  private void word(Warp warp, View view, int lane, long strided) {
    for (int k = 0; k < count; k++) {
      View.HOST.set(View.INT, strided + view.delta + 4L * k, warp.ints[sources[k].row()][lane]);
      if (view.shadow != 0) {
        View.HOST.set(View.INT, strided + view.shadow + 4L * k, View.INITIALISED);
      }
    }
  }

  private void element(Warp warp, View view, int lane, long strided) {
    for (int k = 0; k < count; k++) {
      long at = strided + (long) k * bytes;
      View.write(at + view.delta, bytes, sources[k].get(warp, lane));
      if (view.shadow != 0) {
        view.initialise(at + view.shadow, bytes);
      }
    }
  }

  /** Words of one buffer, unless there is a race. */
  private boolean scatter(Warp warp, long[] addresses) {
    View view = view(warp, 0, addresses[0]);
    if (!view.writable || !allInside(view, addresses) || races(warp, view, addresses)) {
      return false;
    }
    for (int k = 0; k < count; k++) {
      int[] row = warp.ints[sources[k].row()];
      long delta = view.delta + 4L * k;
      for (int l = 0; l < Warp.LANES; l++) {
        View.HOST.set(View.INT, addresses[l] + delta, row[l]);
      }
    }
    if (view.shadow != 0) {
      initialise(addresses, view.shadow);
    }
    return true;
  }

  private void initialise(long[] addresses, long shadow) {
    for (int k = 0; k < count; k++) {
      for (int l = 0; l < Warp.LANES; l++) {
        View.HOST.set(View.INT, addresses[l] + shadow + 4L * k, View.INITIALISED);
      }
    }
  }

  private boolean bulk(Warp warp, long[] addresses) {
    long first = addresses[0];
    View view = view(warp, 0, first);
    if (view.laneStride != 0
        || !view.writable
        || !view.contains(first, 4L * Warp.LANES)
        || races(warp, view, addresses)) {
      return false;
    }
    MemorySegment.copy(
        warp.ints[sources[0].row()], 0, View.HOST, View.INT, first + view.delta, Warp.LANES);
    if (view.shadow != 0) {
      for (int i = 0; i < Warp.LANES / 2; i++) {
        View.HOST.set(View.LONG, first + view.shadow + 8L * i, View.ALL_INITIALISED);
      }
    }
    return true;
  }

  /** Whether races are looked for, and these stores cannot all be noted at once. */
  private boolean races(Warp warp, View view, long[] addresses) {
    Races races = checksRaces(warp, view) ? warp.block().races() : null;
    return races != null && !races.writeAll(warp.index(), index(), addresses, count);
  }

  private void checkRaces(Warp warp, View view, int lane, long address) {
    Races races = java.util.Objects.requireNonNull(warp.block().races());
    long offset = address & Block.WINDOW - 1;
    for (int k = 0; k < count; k++) {
      long at = address + view.delta + (long) k * bytes;
      long keep = -1L >>> (64 - 8 * bytes);
      boolean changes = View.read(at, bytes) != (sources[k].get(warp, lane) & keep);
      int other = races.write(warp.index(), index(), offset + (long) k * bytes, bytes, changes);
      if (other >= 0) {
        reportRace(warp, lane, offset + (long) k * bytes, other);
      }
    }
  }
}
