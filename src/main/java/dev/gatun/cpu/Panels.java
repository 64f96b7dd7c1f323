package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Blocks of two native matrices copied into the order in which the micro-kernel reads them.
 *
 * <pre>
 *   C[rows, columns] = start + L[rows, k] R[k, columns]
 *
 *   left:   panels of 12 or 4 rows,     each [k, height], LEFT_SLACK floats between panels
 *   right:  panels of WIDTH columns,    each [k, WIDTH]
 * </pre>
 *
 * <p>The last panel of either side may stick out over the matrix. What it holds there is
 * unspecified, and so is what a product computes from it.
 *
 * <p>Each element of C is one chain of fma over ascending k, see {@link Gemm}.
 */
final class Panels {
  /** Columns of a right panel. */
  static final int WIDTH = 2 * LENGTH;

  /** Floats after each left panel that packing may overwrite. */
  static final int LEFT_SLACK = Simd.LANES;

  /**
   * Rows of a left panel: 12 need 24 accumulators, which only 512-bit hardware has registers for.
   */
  static final int TALL = LENGTH == 16 ? Kernel12.ROWS : Kernel4.ROWS;

  private static final int SHORT = Kernel4.ROWS;

  /** Left panels to pack at once from rows of Lᵀ: one alone would use 48 bytes of 64 read. */
  static final int GROUP = 4;

  /** Columns of right panels to pack at once from rows of R. */
  static final int THREE = 3 * WIDTH;

  /** The elements of a row of Lᵀ that packing a group reads. */
  private static final int GROUP_READS = (GROUP - 1) * TALL + LENGTH;

  private Panels() {}

  /** The height of the next left panel when {@code left} rows remain: 12 or 4. */
  static int height(int left) {
    return left > TALL - SHORT ? TALL : SHORT;
  }

  /** The sum of the heights of the panels that cover this many rows. */
  static int paddedRows(int rows) {
    int rest = rows % TALL;
    return rows - rest + (rest > TALL - SHORT ? TALL : Math.ceilDiv(rest, SHORT) * SHORT);
  }

  /** The size of equal parts, at most {@code most} and whole panels. */
  static int even(int size, int most, int panel) {
    int parts = Math.ceilDiv(size, Math.max(panel, most / panel * panel));
    return Math.ceilDiv(Math.ceilDiv(size, parts), panel) * panel;
  }

  /** The number of columns rounded up to full panels. */
  static int paddedColumns(int columns) {
    return Math.ceilDiv(columns, WIDTH) * WIDTH;
  }

  /** The floats that a packed L takes, slack included. */
  static int leftSize(int rows, int k) {
    return Math.addExact(
        Math.multiplyExact(paddedRows(rows), k), Math.multiplyExact(panels(rows), LEFT_SLACK));
  }

  /** The floats that {@link #packRight} writes. */
  static int rightSize(int columns, int k) {
    return Math.multiplyExact(paddedColumns(columns), k);
  }

  /** The number of left panels that cover this many rows. */
  static int panels(int rows) {
    int rest = rows % TALL;
    return rows / TALL + (rest > TALL - SHORT ? 1 : Math.ceilDiv(rest, SHORT));
  }

  /** The first row of a left panel of a matrix of {@code rows} rows. */
  static int firstRow(int panel, int rows) {
    int tall = rows / TALL;
    return panel <= tall ? panel * TALL : tall * TALL + (panel - tall) * SHORT;
  }

  /** Where the panel that begins with row {@code row} begins; rows before it are in full panels. */
  static int leftAt(int row, int k) {
    int rest = row % TALL;
    return row * k + (row / TALL + rest / SHORT) * LEFT_SLACK;
  }

  /**
   * Packs L[rows, k].
   *
   * @param offset of L[0,0] in bytes
   * @param ld the distance in elements of two rows of L, or of two rows of Lᵀ
   * @param kContiguous whether the row-major matrix in memory is L, not Lᵀ
   * @param to receives {@link #leftSize} floats from index {@code at} on
   */
  static void packLeft(
      MemorySegment x,
      long offset,
      long ld,
      boolean kContiguous,
      int rows,
      int k,
      float[] to,
      int at) {
    int end = panels(rows);
    int panel = 0;
    while (panel < end) {
      int row = firstRow(panel, rows);
      long start = offset + 4L * row * (kContiguous ? ld : 1);
      int target = at + leftAt(row, k);
      if (!kContiguous && panel + GROUP <= end && rows - row >= GROUP_READS) {
        copyGroup(x, start, ld, k, to, target);
        panel += GROUP;
      } else {
        pack(x, start, ld, kContiguous, rows - row, k, height(rows - row), to, target);
        panel++;
      }
    }
  }

  /**
   * Packs R[k, columns].
   *
   * @param offset of R[0,0] in bytes
   * @param ld the distance in elements of two rows of R, or of two rows of Rᵀ
   * @param kContiguous whether the row-major matrix in memory is Rᵀ, not R
   * @param to receives {@link #rightSize} floats from index {@code at} on
   */
  static void packRight(
      MemorySegment x,
      long offset,
      long ld,
      boolean kContiguous,
      int columns,
      int k,
      float[] to,
      int at) {
    int column = 0;
    while (column < columns) {
      long start = offset + 4L * column * (kContiguous ? ld : 1);
      int target = at + column * k;
      if (!kContiguous && columns - column >= THREE) {
        copyThree(x, start, ld, k, to, target);
        column += THREE;
      } else {
        pack(x, start, ld, kContiguous, columns - column, k, WIDTH, to, target);
        column += WIDTH;
      }
    }
  }

  /** C[height, WIDTH] from where its chains stand, and one left and one right panel. */
  static void kernel(
      int height,
      int k,
      float[] left,
      int leftAt,
      float[] right,
      int rightAt,
      float[] s,
      int sAt,
      int lds,
      float[] c,
      int cAt,
      int ldc) {
    if (height == Kernel12.ROWS) {
      Kernel12.run(k, left, leftAt, right, rightAt, s, sAt, lds, c, cAt, ldc);
    } else {
      Kernel4.run(k, left, leftAt, right, rightAt, s, sAt, lds, c, cAt, ldc);
    }
  }

  /**
   * Packs one panel: {@code to[at + p * width + r] = x(r, p)} for r below width and p below k,
   * where rows from {@code rows} on do not exist.
   */
  static void pack(
      MemorySegment x,
      long offset,
      long ld,
      boolean kContiguous,
      int rows,
      int k,
      int width,
      float[] to,
      int at) {
    if (!kContiguous) {
      copy(x, offset, ld, Math.min(rows, width), rows, k, width, to, at);
    } else if (k < LENGTH) {
      transposeScalar(x, offset, ld, Math.min(rows, width), k, width, to, at);
    } else {
      transpose(x, offset, ld, rows, k, width, to, at);
    }
  }

  /** Panels from rows of k numbers: blocks are transposed, the last one overlapping. */
  private static void transpose(
      MemorySegment x, long offset, long ld, int rows, int k, int width, float[] to, int at) {
    for (int r = 0; r < Math.min(rows, width); r += LENGTH) {
      long start = offset + 4L * r * ld;
      int p = 0;
      for (; p <= k - LENGTH; p += LENGTH) {
        Transpose.block(x, start + 4L * p, 4 * ld, rows - r, to, at + p * width + r, width);
      }
      if (p < k) {
        p = k - LENGTH;
        Transpose.block(x, start + 4L * p, 4 * ld, rows - r, to, at + p * width + r, width);
      }
    }
  }

  private static void transposeScalar(
      MemorySegment x, long offset, long ld, int rows, int k, int width, float[] to, int at) {
    for (int r = 0; r < rows; r++) {
      for (int p = 0; p < k; p++) {
        to[at + p * width + r] = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset + 4 * (r * ld + p));
      }
    }
  }

  /** Panels from k rows of numbers: each row of the panel is one or two vectors. */
  private static void copy(
      MemorySegment x,
      long offset,
      long ld,
      int used,
      int readable,
      int k,
      int width,
      float[] to,
      int at) {
    if (width <= LENGTH) {
      copyOne(x, offset, ld, readable < LENGTH ? used : LENGTH, k, width, to, at);
    } else if (readable >= width) {
      copyTwo(x, offset, ld, k, width, to, at);
    } else {
      copyOne(x, offset, ld, Math.min(used, LENGTH), k, width, to, at);
      if (used > LENGTH) {
        copyOne(x, offset + 4L * LENGTH, ld, used - LENGTH, k, width, to, at + LENGTH);
      }
    }
  }

  /** Three right panels: a row of R is read on for 384 bytes, which the memory likes better. */
  private static void copyThree(MemorySegment x, long offset, long ld, int k, float[] to, int at) {
    int panel = WIDTH * k;
    for (int p = 0; p < k; p++) {
      long row = offset + 4L * p * ld;
      int start = at + p * WIDTH;
      Simd.load(x, row, 0).intoArray(to, start);
      Simd.load(x, row, LENGTH).intoArray(to, start + LENGTH);
      Simd.load(x, row, 2 * LENGTH).intoArray(to, start + panel);
      Simd.load(x, row, 3 * LENGTH).intoArray(to, start + panel + LENGTH);
      Simd.load(x, row, 4 * LENGTH).intoArray(to, start + 2 * panel);
      Simd.load(x, row, 5 * LENGTH).intoArray(to, start + 2 * panel + LENGTH);
    }
  }

  private static void copyOne(
      MemorySegment x, long offset, long ld, int count, int k, int width, float[] to, int at) {
    for (int p = 0; p < k; p++) {
      long row = offset + 4L * p * ld;
      FloatVector v = count < LENGTH ? Simd.loadBelow(x, row, 0, count) : Simd.load(x, row, 0);
      v.intoArray(to, at + p * width);
    }
  }

  private static void copyTwo(
      MemorySegment x, long offset, long ld, int k, int width, float[] to, int at) {
    for (int p = 0; p < k; p++) {
      long row = offset + 4L * p * ld;
      Simd.load(x, row, 0).intoArray(to, at + p * width);
      Simd.load(x, row, LENGTH).intoArray(to, at + p * width + LENGTH);
    }
  }

  /** A group of tall panels; each row of a panel overwrites the end of the one before. */
  private static void copyGroup(MemorySegment x, long offset, long ld, int k, float[] to, int at) {
    int panel = TALL * k + LEFT_SLACK;
    for (int p = 0; p < k; p++) {
      long row = offset + 4L * p * ld;
      int start = at + p * TALL;
      Simd.load(x, row, 0).intoArray(to, start);
      Simd.load(x, row, TALL).intoArray(to, start + panel);
      Simd.load(x, row, 2 * TALL).intoArray(to, start + 2 * panel);
      Simd.load(x, row, 3 * TALL).intoArray(to, start + 3 * panel);
    }
  }
}
