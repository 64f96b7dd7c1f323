package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** atom and red: lanes in turn, in an order that the seed chooses. */
final class Atomic extends MemoryAccess {
  /** The new contents from the old ones. */
  interface Update {
    /**
     * @param shared whether the memory is shared
     */
    long apply(long old, long b, long c, boolean shared);
  }

  private final Update update;
  private final @Nullable Slot target;
  private final Slot b;
  private final Slot c;

  Atomic(Place place, int bytes, Update update, @Nullable Slot target, Slot b, Slot c) {
    super(place, bytes, 1, false);
    this.update = update;
    this.target = target;
    this.b = b;
    this.c = c;
  }

  @Override
  void execute(Warp warp, int mask) {
    long[] addresses = addresses(warp);
    Block block = warp.block();
    int start = block.emulator().options().seed() == 0 ? 0 : block.random().nextInt(Warp.LANES);
    for (int rest = Integer.rotateRight(mask, start); rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest) + start & 31;
      long address = addresses[lane];
      View view = view(warp, lane, address);
      requireWritable(view, warp, lane, address);
      long at = view.strided(warp, lane, address);
      if (view.shadow != 0 && !view.initialised(at + view.shadow, bytes)) {
        reportUninitialised(warp, lane, address);
        view.initialise(at + view.shadow, bytes);
      }
      long old = View.read(at + view.delta, bytes);
      long value = update.apply(old, b.get(warp, lane), c.get(warp, lane), view.shared);
      View.write(at + view.delta, bytes, value);
      if (target != null) {
        target.set(warp, lane, old);
      }
    }
  }
}
