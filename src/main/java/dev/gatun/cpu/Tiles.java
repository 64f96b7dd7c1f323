package dev.gatun.cpu;

/** The tiles of some columns of C, which are continued by one K block after the other. */
final class Tiles {
  private static final int SIZE = Kernel12.ROWS * Panels.WIDTH;

  private final Target target;
  private final int column;
  private final int columns;
  private final float[] starts;
  private final float[] tile;
  private final float[] waiting;
  private int k;
  private boolean begins;
  private boolean enters;
  private boolean leaves;

  /**
   * @param column the first column of C
   * @param columns how many, at most {@link TallProduct#COLUMNS}
   */
  Tiles(Target target, Scratch scratch, int column, int columns) {
    this.target = target;
    this.column = column;
    this.columns = columns;
    this.starts = scratch.starts;
    this.tile = scratch.tile;
    this.waiting = scratch.waiting;
    target.starts(column, columns, starts);
  }

  /** The floats in which tiles wait for their next K block. */
  static int waitingSize(int rows) {
    return (Panels.panels(rows) + 1) * SIZE; // the last panels may be short
  }

  /**
   * Turns to a K block.
   *
   * @param k its length
   * @param begins whether the chains of C begin with it
   * @param enters whether tiles come from C or begin with it, or wait
   * @param leaves whether tiles go to C after it, or wait
   */
  void turnTo(int k, boolean begins, boolean enters, boolean leaves) {
    this.k = k;
    this.begins = begins;
    this.enters = enters;
    this.leaves = leaves;
  }

  /**
   * Continues a tile.
   *
   * @param row of C where it begins
   * @param rows of C from there on; the left panel may be higher
   * @param j the column, counted from the first one
   * @param place where the tile waits
   */
  void run(
      int row, int rows, int j, float[] left, int leftAt, float[] right, int rightAt, int place) {
    int height = Panels.height(rows);
    int used = Math.min(height, rows);
    float[] s = waiting;
    int sAt = place * SIZE;
    int lds = Panels.WIDTH;
    if (enters && begins && !target.accumulate()) {
      s = starts;
      sAt = j;
      lds = 0;
    } else if (enters) {
      s = tile;
      sAt = 0;
      load(row, j, used);
    }
    if (leaves) {
      Panels.kernel(height, k, left, leftAt, right, rightAt, s, sAt, lds, tile, 0, Panels.WIDTH);
      target.store(row, column + j, used, columns - j, tile);
    } else {
      int at = place * SIZE;
      Panels.kernel(
          height, k, left, leftAt, right, rightAt, s, sAt, lds, waiting, at, Panels.WIDTH);
    }
  }

  private void load(int row, int j, int used) {
    target.load(row, column + j, used, columns - j, tile);
    if (begins) {
      target.addBias(column + j, used, columns - j, tile);
    }
  }
}
