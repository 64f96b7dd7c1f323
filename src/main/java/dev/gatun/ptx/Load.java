package dev.gatun.ptx;

import java.lang.foreign.MemorySegment;

/** ld: elements of 1 to 8 bytes, up to four per lane, extended as their type says. */
final class Load extends MemoryAccess {
  private final Slot[] targets;
  private final boolean signed;

  /** Elements of 32 bits into rows of 32 bits. */
  private final boolean words;

  Load(Place place, Type type, Slot[] targets, boolean plain) {
    super(place, type.bytes(), targets.length, plain);
    this.targets = targets;
    this.signed = type.isSigned();
    boolean narrow = type.bytes() == 4;
    for (Slot target : targets) {
      narrow &= target.bits() == 32;
    }
    this.words = narrow;
  }

  @Override
  void execute(Warp warp, int mask) {
    if (isUniform() && space() == Space.PARAM) {
      broadcast(warp, mask);
      return;
    }
    long[] addresses = addresses(warp);
    if (words && count == 1 && mask == -1 && consecutive(addresses, 4) && bulk(warp, addresses)) {
      return;
    }
    if (words) {
      words(warp, mask, addresses);
    } else {
      elements(warp, mask, addresses);
    }
  }

  /** Parameters are the same for all lanes. */
  private void broadcast(Warp warp, int mask) {
    int first = Integer.numberOfTrailingZeros(mask);
    long address = addresses(warp)[first];
    View view = view(warp, first, address);
    for (int k = 0; k < count; k++) {
      long value = extend(View.read(address + view.delta + (long) k * bytes, bytes));
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        targets[k].set(warp, Integer.numberOfTrailingZeros(rest), value);
      }
    }
  }

  /** Consecutive words of one buffer at once. */
  private boolean bulk(Warp warp, long[] addresses) {
    long first = addresses[0];
    View view = view(warp, 0, first);
    if (view.laneStride != 0 || !view.contains(first, 4L * Warp.LANES)) {
      return false;
    }
    boolean known = first + 4L * Warp.LANES - view.base <= view.initialised();
    if (view.shadow != 0 && !known && !initialised(view, first + view.shadow)) {
      return false;
    }
    if (checksRaces(warp, view)) {
      checkRaces(warp, -1, addresses);
    }
    MemorySegment.copy(
        View.HOST, View.INT, first + view.delta, warp.ints[targets[0].row()], 0, Warp.LANES);
    return true;
  }

  private static boolean initialised(View view, long shadow) {
    view.findInitialised();
    long all = View.ALL_INITIALISED;
    for (int i = 0; i < Warp.LANES / 2; i++) {
      all &= View.HOST.get(View.LONG, shadow + 8L * i);
    }
    return all == View.ALL_INITIALISED;
  }

  private void words(Warp warp, int mask, long[] addresses) {
    int first = Integer.numberOfTrailingZeros(mask);
    View view = view(warp, first, addresses[first]);
    if (mask != -1 || !isSound(view, addresses)) {
      elements(warp, mask, addresses);
      return;
    }
    if (checksRaces(warp, view)) {
      checkRaces(warp, mask, addresses);
    }
    for (int k = 0; k < count; k++) {
      gather(warp.ints[targets[k].row()], addresses, view.delta + 4L * k);
    }
  }

  /** Whether all lanes read within a view what has been initialised. */
  private boolean isSound(View view, long[] addresses) {
    if (view.shadow == 0) {
      return allInside(view, addresses);
    }
    return (addresses[0] - view.base < view.initialised()
            && allInside(view, addresses, view.initialised()))
        || (allInside(view, addresses) && allInitialised(view, addresses));
  }

  private static void gather(int[] row, long[] addresses, long delta) {
    for (int l = 0; l < Warp.LANES; l++) {
      row[l] = View.HOST.get(View.INT, addresses[l] + delta);
    }
  }

  private boolean allInitialised(View view, long[] addresses) {
    view.findInitialised();
    int all = View.INITIALISED;
    for (int k = 0; k < count; k++) {
      long delta = view.shadow + 4L * k;
      for (int l = 0; l < Warp.LANES; l++) {
        all &= View.HOST.get(View.INT, addresses[l] + delta);
      }
    }
    return all == View.INITIALISED;
  }

  private void elements(Warp warp, int mask, long[] addresses) {
    View view = null;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long address = addresses[lane];
      view = view(warp, lane, address);
      long strided = view.strided(warp, lane, address);
      if (view.shadow != 0) {
        checkInitialised(warp, view, lane, address, strided + view.shadow);
      }
      for (int k = 0; k < count; k++) {
        long value = View.read(strided + view.delta + (long) k * bytes, bytes);
        targets[k].set(warp, lane, extend(value));
      }
    }
    if (view != null && checksRaces(warp, view)) {
      checkRaces(warp, mask, addresses);
    }
  }

  private void checkInitialised(Warp warp, View view, int lane, long address, long shadow) {
    for (int k = 0; k < count; k++) {
      if (!view.initialised(shadow + (long) k * bytes, bytes)) {
        reportUninitialised(warp, lane, address + (long) k * bytes);
        return;
      }
    }
  }

  private void checkRaces(Warp warp, int mask, long[] addresses) {
    Races races = java.util.Objects.requireNonNull(warp.block().races());
    if (words && mask == -1 && races.readAll(warp.index(), index(), addresses, count)) {
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (repeats(addresses, mask, lane)) {
        continue;
      }
      long offset = addresses[lane] & Block.WINDOW - 1;
      for (int k = 0; k < count; k++) {
        int other = races.read(warp.index(), index(), offset + (long) k * bytes, bytes);
        if (other >= 0) {
          reportRace(warp, lane, offset + (long) k * bytes, other);
        }
      }
    }
  }

  private long extend(long value) {
    return signed ? IntegerArithmetic.signExtend(value, 8 * bytes) : value;
  }
}
