package dev.gatun.cpu;

/** The tiles of some columns of C, which are continued by one K block after the other. */
final class Tiles {
  private final Target target;
  private final int column;
  private final int columns;
  private final float[] starts;
  private final float[] tile;
  private int k;
  private boolean begins;

  /**
   * @param column the first column of C
   * @param columns how many, at most {@link RectangleProduct#NC}
   */
  Tiles(Target target, Scratch scratch, int column, int columns) {
    this.target = target;
    this.column = column;
    this.columns = columns;
    this.starts = scratch.starts;
    this.tile = scratch.tile;
    target.starts(column, columns, starts);
  }

  /**
   * Turns to a K block.
   *
   * @param k its length
   * @param begins whether the chains of C begin with it
   */
  void turnTo(int k, boolean begins) {
    this.k = k;
    this.begins = begins;
  }

  /**
   * Continues a tile.
   *
   * @param row of C where it begins
   * @param rows of C from there on; the left panel may be higher
   * @param j the column, counted from the first one
   */
  void run(int row, int rows, int j, float[] left, int leftAt, float[] right, int rightAt) {
    int height = Panels.height(rows);
    int used = Math.min(height, rows);
    if (begins && !target.accumulate()) {
      kernel(height, left, leftAt, right, rightAt, starts, j, 0);
    } else {
      load(row, j, used);
      kernel(height, left, leftAt, right, rightAt, tile, 0, Panels.WIDTH);
    }
    target.store(row, column + j, used, columns - j, tile);
  }

  private void kernel(
      int height,
      float[] left,
      int leftAt,
      float[] right,
      int rightAt,
      float[] s,
      int at,
      int lds) {
    Panels.kernel(height, k, left, leftAt, right, rightAt, s, at, lds, tile, 0, Panels.WIDTH);
  }

  private void load(int row, int j, int used) {
    target.load(row, column + j, used, columns - j, tile);
    if (begins) {
      target.addBias(column + j, used, columns - j, tile);
    }
  }
}
