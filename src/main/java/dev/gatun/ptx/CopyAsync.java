package dev.gatun.ptx;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** cp.async: from global to shared memory, later. Bytes past the size of the source become zero. */
final class CopyAsync extends Instruction {
  private final End source;
  private final End target;
  private final int size;
  private final @Nullable Slot sourceSize;

  CopyAsync(
      MemoryAccess.Place target, MemoryAccess.Place source, int size, @Nullable Slot sourceSize) {
    this.source = new End(source, size);
    this.target = new End(target, size);
    this.size = size;
    this.sourceSize = sourceSize;
  }

  /** One of the two ranges. */
  private static final class End extends MemoryAccess {
    End(Place place, int size) {
      super(place, size, 1, true);
    }

    @Override
    void execute(Warp warp, int mask) {
      throw new AssertionError("a copy is executed as a whole");
    }
  }

  /** The end in global memory. */
  MemoryAccess from() {
    return source;
  }

  @Override
  void execute(Warp warp, int mask) {
    source.place(super.source(), index(), true);
    target.place(super.source(), index(), true);
    int[] sizes = new int[Warp.LANES];
    Arrays.fill(sizes, size);
    if (sourceSize != null) {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        sizes[lane] = sourceSize(sourceSize, warp, lane);
      }
    }
    long[] targets = target.addresses(warp).clone();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      target.view(warp, lane, targets[lane]);
      noteWrite(warp, lane, targets[lane]); // for it may happen at any time from now on
    }
    warp.copies.add(this, mask, targets, source.addresses(warp).clone(), sizes);
  }

  /** How many bytes a lane reads: at most what it copies, or the PTX ISA says nothing of it. */
  private int sourceSize(Slot operand, Warp warp, int lane) {
    long bytes = operand.get(warp, lane) & 0xffff_ffffL;
    if (bytes > size) {
      throw warp.block()
          .fault(
              Finding.Kind.UNDEFINED,
              warp,
              this,
              lane,
              "a source of %,d bytes for a copy of %d: it may have as many at most"
                  .formatted(bytes, size));
    }
    return (int) bytes;
  }

  /** Copies what {@link #execute} has put off. */
  void perform(Warp warp, int mask, long[] targets, long[] sources, int[] sizes) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      View to = target.view(warp, lane, targets[lane]);
      if (sizes[lane] > 0) {
        View from = source.view(warp, lane, sources[lane], sizes[lane]);
        checkSource(warp, from, lane, sources[lane], sizes[lane]);
        copy(sources[lane] + from.delta, targets[lane] + to.delta, sizes[lane]);
      }
      for (int i = sizes[lane]; i < size; i++) {
        View.HOST.set(View.BYTE, targets[lane] + to.delta + i, (byte) 0);
      }
      mark(warp, to, lane, targets[lane]);
    }
  }

  private static void copy(long source, long target, int bytes) {
    for (int i = 0; i < bytes; i++) {
      View.HOST.set(View.BYTE, target + i, View.HOST.get(View.BYTE, source + i));
    }
  }

  private void checkSource(Warp warp, View view, int lane, long address, int bytes) {
    for (int i = 0; view.shadow != 0 && i < bytes; i++) {
      if (!view.initialised(address + view.shadow + i, 1)) {
        source.reportUninitialised(warp, lane, address + i);
        return;
      }
    }
  }

  private void mark(Warp warp, View view, int lane, long address) {
    for (int i = 0; view.shadow != 0 && i < size; i += 4) {
      view.initialise(address + view.shadow + i, 4);
    }
    noteWrite(warp, lane, address);
  }

  private void noteWrite(Warp warp, int lane, long address) {
    Races races = warp.block().races();
    for (int i = 0; races != null && i < size; i += 4) {
      long offset = (address & Block.WINDOW - 1) + i;
      int other = races.write(warp.index(), index(), offset, 4, true);
      if (other >= 0) {
        target.reportRace(warp, lane, offset, other);
      }
    }
  }
}
