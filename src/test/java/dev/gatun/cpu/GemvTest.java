package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.core.QuantizedMatrix;
import dev.gatun.core.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Products with one row: bits as defined by {@link Simd}, in scalar Java, for rows of B in every
 * number around that of the stripes, and a distance from F64 that 16 chains of fma can have.
 */
class GemvTest {
  private static final int THREADS = Parallel.threads();
  private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 31, 130, 257, 1031};
  private static final int[] LENGTHS = {0, 1, 15, 16, 17, 31, 33, 64, 100, 777};
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final SplittableRandom random = new SplittableRandom(3);

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(THREADS);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "Q8_0", "Q4_0"})
  void sixteenPartialSumsForAnyNumberOfThreads(DType dtype) {
    for (int threads = 1; threads <= 3; threads++) {
      Parallel.setThreads(threads);
      for (int n : ROWS) {
        int k = n > 200 ? 777 : LENGTHS[random.nextInt(LENGTHS.length)];
        check(dtype, n, k, threads == 2, random.nextBoolean());
      }
      for (int k : LENGTHS) {
        check(dtype, 37, k, random.nextBoolean(), threads == 3);
      }
    }
  }

  private void check(DType dtype, int n, int k, boolean biased, boolean accumulate) {
    try (Arena arena = Arena.ofShared()) {
      float[] a = normal(k);
      float[] b = normal(n * k);
      float[] bias = normal(n);
      float[] c = normal(n);
      MemorySegment left = segment(arena, a, 4);
      MemorySegment target = segment(arena, c, 0);
      MemorySegment added = biased ? segment(arena, bias, 0) : null;
      MemorySegment stored = stored(arena, dtype, n, k, b);
      if (dtype == DType.F32) {
        Gemm.run(Layout.NT, 1, n, k, left, 4, k, stored, 0, k, added, 0, target, 0, n, accumulate);
      } else {
        StoredMatrix matrix = new StoredMatrix(stored, dtype, n, k);
        Gemm.run(Layout.NT, 1, n, k, left.asSlice(4), matrix, added, target, accumulate);
      }
      for (int j = 0; j < n; j++) {
        float start = (accumulate ? c[j] : 0f) + (biased ? bias[j] : 0f);
        float actual = target.getAtIndex(FLOAT, j);
        String where = "%s n=%d k=%d row %d".formatted(dtype, n, k, j);
        assertEquals(start + dot(a, b, j * k), actual, where);
        assertNear(a, b, j * k, start, actual, where);
      }
    }
  }

  /** The sum in the order that {@link Simd} fixes. */
  private static float dot(float[] a, float[] b, int row) {
    float[] s = new float[Simd.LANES];
    for (int i = 0; i < a.length; i++) {
      s[i % Simd.LANES] = Math.fma(b[row + i], a[i], s[i % Simd.LANES]);
    }
    for (int half = Simd.LANES / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        s[l] += s[l + half];
      }
    }
    return s[0];
  }

  /** Roundings: one for each 16th product, four of the tree, one of the start. */
  private static void assertNear(
      float[] a, float[] b, int row, float start, float actual, String where) {
    double exact = start;
    double magnitude = Math.abs(start);
    for (int i = 0; i < a.length; i++) {
      exact += (double) a[i] * b[row + i];
      magnitude += Math.abs((double) a[i] * b[row + i]);
    }
    double roundings = Math.ceilDiv(a.length, Simd.LANES) + 5.0;
    double bound = roundings * magnitude * 0x1p-24 * 1.01;
    assertTrue(Math.abs(actual - exact) <= bound, where);
  }

  /** Stores b, and changes it to what is stored. */
  private static MemorySegment stored(Arena arena, DType dtype, int n, int k, float[] b) {
    if (dtype == DType.F32) {
      return segment(arena, b, 0);
    }
    MemorySegment stored = arena.allocate(Math.max(1, dtype.bytes(Shape.of(n, k))), 64);
    if (dtype == DType.BF16) {
      for (int i = 0; i < b.length; i++) {
        short half = Bf16.fromFloat(b[i]);
        stored.setAtIndex(ValueLayout.JAVA_SHORT, i, half);
        b[i] = Bf16.toFloat(half);
      }
      return stored;
    }
    QuantizedMatrix matrix = new QuantizedMatrix(dtype, n, k);
    float[] row = new float[matrix.paddedColumns()];
    for (int r = 0; r < n; r++) {
      System.arraycopy(b, r * k, row, 0, k);
      matrix.quantizeRow(row, r, stored, new float[0]);
      matrix.dequantizeRow(stored, r, row);
      System.arraycopy(row, 0, b, r * k, k);
      Arrays.fill(row, 0f);
    }
    return stored;
  }

  private static MemorySegment segment(Arena arena, float[] values, long offset) {
    MemorySegment segment = arena.allocate(offset + 4L * values.length + 4, 64);
    MemorySegment.copy(values, 0, segment, FLOAT, offset, values.length);
    return segment;
  }

  private float[] normal(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
