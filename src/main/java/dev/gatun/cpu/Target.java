package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * Where a product goes and what its chains start from. Tiles of {@link Panels#WIDTH} columns are
 * moved between C and an array, where the micro-kernel works on them.
 *
 * @param bias added to each row of C, or null
 * @param biasOffset of bias[0] in bytes
 * @param offset of C[0][0] in bytes
 * @param ld the distance of two rows of C in elements
 * @param accumulate whether C keeps what it holds
 */
record Target(
    @Nullable MemorySegment bias,
    long biasOffset,
    MemorySegment segment,
    long offset,
    long ld,
    boolean accumulate) {
  private static final int WIDTH = Panels.WIDTH;

  void check(int m, int n) {
    Operand.check("C", segment, offset, m, n, ld);
    if (bias != null) {
      Operand.check("bias", bias, biasOffset, 1, n, n);
    }
  }

  long at(long row, long column) {
    return offset + 4 * (row * ld + column);
  }

  /** The start of the chain of one element. */
  float start(int row, int column) {
    float start = 0f;
    if (accumulate) {
      start = segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at(row, column));
    }
    if (bias != null) {
      start += bias.get(ValueLayout.JAVA_FLOAT_UNALIGNED, biasOffset + 4L * column);
    }
    return start;
  }

  /** What the chains of some columns begin with where C is overwritten: bias, or zero. */
  void starts(int column, int columns, float[] starts) {
    if (bias == null) {
      Arrays.fill(starts, 0, Panels.paddedColumns(columns), 0f);
      return;
    }
    long at = biasOffset + 4L * column;
    for (int j = 0; j < columns; j += LENGTH) {
      Simd.loadBelow(bias, at, j, columns).intoArray(starts, j);
    }
  }

  /** Adds the bias, if there is one, to a tile that was loaded from C. */
  void addBias(int column, int rows, int columns, float[] tile) {
    if (bias == null) {
      return;
    }
    FloatVector l = loadBelow(bias, biasOffset + 4L * column, 0, columns);
    FloatVector r = loadBelow(bias, biasOffset + 4L * column, LENGTH, columns);
    for (int i = 0; i < rows; i++) {
      add(l, tile, i * WIDTH);
      add(r, tile, i * WIDTH + LENGTH);
    }
  }

  /** Fills a tile from C, to continue its chains. */
  void load(int row, int column, int rows, int columns, float[] tile) {
    if (columns >= WIDTH) {
      loadFull(segment, at(row, column), 4 * ld, rows, tile);
      return;
    }
    for (int i = 0; i < rows; i++) {
      long at = at(row + i, column);
      Simd.loadBelow(segment, at, 0, columns).intoArray(tile, i * WIDTH);
      Simd.loadBelow(segment, at, LENGTH, columns).intoArray(tile, i * WIDTH + LENGTH);
    }
  }

  /** Writes the part of a tile that lies inside C. */
  void store(int row, int column, int rows, int columns, float[] tile) {
    if (columns >= WIDTH) {
      storeFull(segment, at(row, column), 4 * ld, rows, tile);
      return;
    }
    for (int i = 0; i < rows; i++) {
      long at = at(row + i, column);
      Simd.storeBelow(vector(tile, i * WIDTH), segment, at, 0, columns);
      Simd.storeBelow(vector(tile, i * WIDTH + LENGTH), segment, at, LENGTH, columns);
    }
  }

  private static void loadFull(MemorySegment c, long at, long stride, int rows, float[] tile) {
    for (int i = 0; i < rows; i++) {
      long row = at + i * stride;
      Simd.load(c, row, 0).intoArray(tile, i * WIDTH);
      Simd.load(c, row, LENGTH).intoArray(tile, i * WIDTH + LENGTH);
    }
  }

  private static void storeFull(MemorySegment c, long at, long stride, int rows, float[] tile) {
    for (int i = 0; i < rows; i++) {
      long row = at + i * stride;
      Simd.store(vector(tile, i * WIDTH), c, row, 0);
      Simd.store(vector(tile, i * WIDTH + LENGTH), c, row, LENGTH);
    }
  }

  private static FloatVector loadBelow(MemorySegment x, long offset, int i, int n) {
    return n >= WIDTH ? Simd.load(x, offset, i) : Simd.loadBelow(x, offset, i, n);
  }

  private static FloatVector vector(float[] tile, int at) {
    return FloatVector.fromArray(SPECIES, tile, at);
  }

  private static void add(FloatVector v, float[] tile, int at) {
    vector(tile, at).add(v).intoArray(tile, at);
  }
}
