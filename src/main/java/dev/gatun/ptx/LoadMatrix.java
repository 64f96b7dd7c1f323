package dev.gatun.ptx;

/**
 * ldmatrix: up to four 8×8 matrices of 16-bit elements from shared memory. Lanes 8i to 8i+7 give
 * the addresses of the rows of matrix i; lane l receives two neighbours of row l / 4, or of column
 * l / 4 if transposed.
 */
final class LoadMatrix extends WarpSync {
  private final Rows rows;
  private final Slot[] targets;
  private final boolean transposed;

  LoadMatrix(MemoryAccess.Place place, Slot[] targets, boolean transposed, Slot members) {
    super(members);
    this.rows = new Rows(place);
    this.targets = targets;
    this.transposed = transposed;
  }

  /** The access to the rows, of 16 bytes each. */
  private static final class Rows extends MemoryAccess {
    Rows(Place place) {
      super(place, 16, 1, true);
    }

    @Override
    void execute(Warp warp, int mask) {
      throw new AssertionError("a matrix is loaded as a whole");
    }

    /** Checks a row and gives its place in host memory. */
    long check(Warp warp, int lane, long address) {
      View view = view(warp, lane, address);
      for (int i = 0; i < 16; i += 4) {
        if (view.shadow != 0 && !view.initialised(address + view.shadow + i, 4)) {
          reportUninitialised(warp, lane, address + i);
        }
        if (checksRaces(warp, view)) {
          Races races = java.util.Objects.requireNonNull(warp.block().races());
          long offset = (address & Block.WINDOW - 1) + i;
          int other = races.read(warp.index(), index(), offset, 4);
          if (other >= 0) {
            reportRace(warp, lane, offset, other);
          }
        }
      }
      return address + view.delta;
    }
  }

  MemoryAccess rows() {
    return rows;
  }

  int matrices() {
    return targets.length;
  }

  @Override
  void together(Warp warp, int mask) {
    if (mask != -1) {
      throw warp.block()
          .fault(
              Finding.Kind.MISSING_LANES,
              warp,
              this,
              Integer.numberOfTrailingZeros(~mask),
              "ldmatrix needs all 32 lanes, lanes 0x%08x are here".formatted(mask));
    }
    rows.place(source(), index(), true);
    long[] host = rows.addresses(warp).clone();
    for (int lane = 0; lane < 8 * targets.length; lane++) {
      host[lane] = rows.check(warp, lane, host[lane]);
    }
    for (int i = 0; i < targets.length; i++) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        targets[i].set(warp, lane, pair(host, 8 * i, lane));
      }
    }
  }

  private long pair(long[] host, int first, int lane) {
    int row = lane / 4;
    int column = 2 * (lane % 4);
    if (transposed) {
      long low = View.read(host[first + column] + 2L * row, 2);
      return low | View.read(host[first + column + 1] + 2L * row, 2) << 16;
    }
    return View.read(host[first + row] + 2L * column, 4);
  }
}
