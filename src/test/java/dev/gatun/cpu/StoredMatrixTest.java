package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.core.QuantizedMatrix;
import dev.gatun.core.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Stored weights are those that their definition restores, and products with them the same bits.
 */
class StoredMatrixTest {
  private static final int THREADS = Parallel.threads();
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final SplittableRandom random = new SplittableRandom(7);

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(THREADS);
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "Q8_0", "Q4_0", "NF4", "NF4_DOUBLE"})
  void unpacksWhatTheDefinitionRestores(DType dtype) {
    try (Arena arena = Arena.ofConfined()) {
      for (int[] s : new int[][] {{1, 1}, {3, 16}, {5, 37}, {2, 64}, {9, 200}, {300, 65}}) {
        float[] expected = new float[s[0] * s[1]];
        StoredMatrix matrix = stored(arena, dtype, s[0], s[1], expected);
        MemorySegment row = arena.allocate(4L * (s[1] + 16), 64);
        for (int r = 0; r < s[0]; r++) {
          for (int from = 0; from < s[1]; from += 48) {
            matrix.unpack(r, from, s[1] - from, row, 0);
            for (int c = from; c < s[1]; c++) {
              assertSame(expected[r * s[1] + c], row.getAtIndex(FLOAT, c - from), dtype, r, c);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "Q8_0", "Q4_0", "NF4", "NF4_DOUBLE"})
  void productsAreThoseWithTheUnpackedMatrix(DType dtype) {
    int[][] sizes = {
      {1, 1, 1},
      {1, 7, 33},
      {1, 130, 800},
      {1, 513, 96},
      {3, 45, 70},
      {17, 33, 48},
      {20, 500, 600},
      {65, 391, 530},
      {1030, 40, 20}
    };
    for (int threads : new int[] {1, 3}) {
      Parallel.setThreads(threads);
      for (int[] s : sizes) {
        product(Layout.NT, dtype, s[0], s[1], s[2], threads == 3);
        product(Layout.NN, dtype, s[0], s[1], s[2], threads == 1);
      }
    }
  }

  private void product(Layout layout, DType dtype, int m, int n, int k, boolean accumulate) {
    try (Arena arena = Arena.ofShared()) {
      int rows = layout == Layout.NT ? n : k;
      int columns = layout == Layout.NT ? k : n;
      float[] restored = new float[rows * columns];
      StoredMatrix b = stored(arena, dtype, rows, columns, restored);
      MemorySegment plain = segment(arena, restored);
      MemorySegment a = segment(arena, normal(m * k));
      MemorySegment bias = segment(arena, normal(n));
      float[] start = normal(m * n);
      MemorySegment expected = segment(arena, start);
      MemorySegment actual = segment(arena, start);
      Gemm.run(layout, m, n, k, a, 0, k, plain, 0, columns, bias, 0, expected, 0, n, accumulate);
      Gemm.run(layout, m, n, k, a, b, bias, actual, accumulate);
      for (int i = 0; i < m * n; i++) {
        assertSame(expected.getAtIndex(FLOAT, i), actual.getAtIndex(FLOAT, i), dtype, i / n, i % n);
      }
    }
  }

  @Test
  void refusesWhatItDoesNotHold() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment some = arena.allocate(64);
      assertThrows(IllegalArgumentException.class, () -> new StoredMatrix(some, DType.F32, 1, 1));
      StoredMatrix b = new StoredMatrix(some, DType.BF16, 2, 3);
      assertThrows(
          IllegalArgumentException.class,
          () -> Gemm.run(Layout.NT, 1, 2, 4, some, b, null, some, false));
      assertThrows(
          IllegalArgumentException.class,
          () -> Gemm.run(Layout.TN, 1, 2, 3, some, b, null, some, false));
    }
  }

  /** A matrix of random numbers, one block all zero, and what its definition restores. */
  private StoredMatrix stored(Arena arena, DType dtype, int rows, int columns, float[] restored) {
    float[] values = normal(rows * columns);
    for (int i = 0; i < Math.min(64, columns); i++) {
      values[i] = rows > 2 ? 0 : values[i];
    }
    long bytes = dtype.bytes(Shape.of(rows, columns));
    MemorySegment segment = arena.allocate(bytes, 64);
    if (dtype == DType.BF16) {
      for (int i = 0; i < values.length; i++) {
        short half = Bf16.fromFloat(values[i]);
        segment.setAtIndex(ValueLayout.JAVA_SHORT, i, half);
        restored[i] = Bf16.toFloat(half);
      }
      return new StoredMatrix(segment, dtype, rows, columns);
    }
    QuantizedMatrix matrix = new QuantizedMatrix(dtype, rows, columns);
    float[] scales = new float[matrix.blocks()];
    float[] row = new float[matrix.paddedColumns()];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(values, r * columns, row, 0, columns);
      matrix.quantizeRow(row, r, segment, scales);
    }
    matrix.quantizeScales(scales, segment);
    for (int r = 0; r < rows; r++) {
      matrix.dequantizeRow(segment, r, row);
      System.arraycopy(row, 0, restored, r * columns, columns);
    }
    return new StoredMatrix(segment, dtype, rows, columns);
  }

  private float[] normal(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static MemorySegment segment(Arena arena, float[] values) {
    MemorySegment segment = arena.allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, segment, FLOAT, 0, values.length);
    return segment;
  }

  private static void assertSame(float expected, float actual, DType dtype, int row, int column) {
    assertEquals(
        Float.floatToRawIntBits(expected + 0f),
        Float.floatToRawIntBits(actual + 0f),
        () -> "%s [%d, %d]: %s, not %s".formatted(dtype, row, column, actual, expected));
  }
}
