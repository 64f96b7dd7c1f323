package dev.gatun.cpu;

/** One K block of some columns of C, to be multiplied with one left panel after the other. */
final class Tiles {
  private final Target target;
  private final float[] starts;
  private final int column;
  private final int columns;
  private final int k;
  private final boolean begins;

  /**
   * @param starts what the chains begin with in each column where C is overwritten
   * @param column the first column of C
   * @param columns how many
   * @param k the length of the K block
   * @param begins whether the chains of C begin with this K block
   */
  Tiles(Target target, float[] starts, int column, int columns, int k, boolean begins) {
    this.target = target;
    this.starts = starts;
    this.column = column;
    this.columns = columns;
    this.k = k;
    this.begins = begins;
  }

  /**
   * Continues the tiles of one left panel.
   *
   * @param row of C where the panel begins
   * @param rows of C from there on; the panel may be higher
   * @param tile room for a tile
   */
  void run(int row, int rows, float[] left, int leftAt, float[] right, int rightAt, float[] tile) {
    int height = Panels.height(rows);
    int used = Math.min(height, rows);
    for (int j = 0; j < columns; j += Panels.WIDTH) {
      float[] s = tile;
      int sAt = 0;
      int lds = Panels.WIDTH;
      if (begins && !target.accumulate()) {
        s = starts;
        sAt = j;
        lds = 0;
      } else {
        target.load(row, column + j, used, columns - j, tile);
        if (begins) {
          target.addBias(column + j, used, columns - j, tile);
        }
      }
      int panelAt = rightAt + j * k;
      Panels.kernel(height, k, left, leftAt, right, panelAt, s, sAt, lds, tile, 0, Panels.WIDTH);
      target.store(row, column + j, used, columns - j, tile);
    }
  }
}
