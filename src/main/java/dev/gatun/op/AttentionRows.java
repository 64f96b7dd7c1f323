package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.below;

import dev.gatun.cpu.TileProduct;
import dev.gatun.cpu.Transpose;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Moves rows of D elements between native memory and tiles in the two layouts of {@link
 * TileProduct}.
 *
 * <pre>
 *   panels       element c of row i at (c/32·64 + i)·32 + c mod 32        [width/32][64][32]
 *   transposed   element c of row i at c·64 + i                           [D][64]
 * </pre>
 */
final class AttentionRows {
  /** Rows of a tile. */
  static final int ROWS = TileProduct.STRIDE;

  static final int PANEL = TileProduct.COLUMNS;

  /** From one panel of a tile to the next. */
  static final int PANEL_SIZE = ROWS * PANEL;

  /** Rows that do not exist are made up to a multiple of this. */
  private static final int WHOLE = 16;

  final int headDim;

  /** D rounded up to whole panels; in panels, what lies between is zero. */
  final int width;

  AttentionRows(int headDim) {
    this.headDim = headDim;
    this.width = Math.ceilDiv(headDim, PANEL) * PANEL;
  }

  /** The size of a tile in either layout. */
  int size() {
    return ROWS * width;
  }

  /**
   * Copies rows into panels, times a factor; rows that do not exist become zero.
   *
   * @param offset of the first row in bytes
   * @param stride from one row to the next in bytes
   * @param at where the tile begins
   */
  void copy(
      MemorySegment x, long offset, long stride, int count, float factor, float[] tile, int at) {
    int target = at;
    int c = 0;
    for (; c <= headDim - PANEL; c += PANEL) {
      for (int row = 0; row < count; row++) {
        long source = offset + 4L * c + row * stride;
        for (int l = 0; l < PANEL; l += LENGTH) {
          // Not Simd.load: vector methods of our own might not be inlined in a large caller.
          FloatVector.fromMemorySegment(SPECIES, x, source + 4L * l, ORDER)
              .mul(factor)
              .intoArray(tile, target + row * PANEL + l);
        }
      }
      target += PANEL_SIZE;
    }
    for (int l = 0; c + l < headDim; l += LENGTH) {
      VectorMask<Float> some = below(c + l, headDim);
      for (int row = 0; row < count; row++) {
        long source = offset + 4L * (c + l) + row * stride;
        FloatVector.fromMemorySegment(SPECIES, x, source, ORDER, some)
            .mul(factor)
            .intoArray(tile, target + row * PANEL + l);
      }
    }
    int whole = Math.ceilDiv(count, WHOLE) * WHOLE;
    for (int panel = at; count < whole && panel < at + size(); panel += PANEL_SIZE) {
      Arrays.fill(tile, panel + count * PANEL, panel + whole * PANEL, 0);
    }
  }

  /** Writes the first rows of a tile in panels, times a factor; see {@link #copy}. */
  void write(
      float[] tile, int at, int count, float factor, MemorySegment x, long offset, long stride) {
    int source = at;
    int c = 0;
    for (; c <= headDim - PANEL; c += PANEL) {
      for (int row = 0; row < count; row++) {
        long target = offset + 4L * c + row * stride;
        for (int l = 0; l < PANEL; l += LENGTH) {
          FloatVector.fromArray(SPECIES, tile, source + row * PANEL + l)
              .mul(factor)
              .intoMemorySegment(x, target + 4L * l, ORDER);
        }
      }
      source += PANEL_SIZE;
    }
    for (int l = 0; c + l < headDim; l += LENGTH) {
      VectorMask<Float> some = below(c + l, headDim);
      for (int row = 0; row < count; row++) {
        FloatVector.fromArray(SPECIES, tile, source + row * PANEL + l)
            .mul(factor)
            .intoMemorySegment(x, offset + 4L * (c + l) + row * stride, ORDER, some);
      }
    }
  }

  /**
   * Copies rows into a transposed tile, times a factor; rows that do not exist repeat the last one.
   *
   * @param offset of the first row in bytes
   * @param stride from one row to the next in bytes
   * @param at where the tile begins
   */
  void transpose(
      MemorySegment x, long offset, long stride, int count, float factor, float[] tile, int at) {
    for (int i = 0; i < Math.ceilDiv(count, WHOLE) * WHOLE; i += LENGTH) {
      int row = Math.min(i, count - 1);
      long source = offset + row * stride;
      int d = 0;
      for (; d <= headDim - LENGTH; d += LENGTH) {
        Transpose.block(x, source + 4L * d, stride, count - row, tile, at + d * ROWS + i, ROWS);
      }
      if (d < headDim) {
        transposeRest(x, source, stride, count - row, d, tile, at + i);
      }
    }
    for (int j = at; factor != 1 && j < at + headDim * ROWS; j += LENGTH) {
      FloatVector.fromArray(SPECIES, tile, j).mul(factor).intoArray(tile, j);
    }
  }

  /** The elements from d on, which are no whole vector. */
  private void transposeRest(
      MemorySegment x, long source, long stride, int rows, int from, float[] tile, int at) {
    for (int d = from; d < headDim; d++) {
      for (int i = 0; i < LENGTH; i++) {
        long row = source + Math.min(i, rows - 1) * stride;
        tile[at + d * ROWS + i] = x.get(ValueLayout.JAVA_FLOAT, row + 4L * d);
      }
    }
  }
}
