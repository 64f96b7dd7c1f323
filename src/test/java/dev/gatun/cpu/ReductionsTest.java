package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares bits with 16 partial sums written as plain loops. */
class ReductionsTest {
  private static final float MEAN = 0.3f;

  static IntStream sizes() {
    return IntStream.concat(IntStream.rangeClosed(0, 70), IntStream.of(127, 768, 1000, 4099));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void haveTheBitsOfSixteenPartialSums(int n) {
    try (Arena arena = Arena.ofConfined()) {
      float[] x = random(n, 1);
      float[] y = random(n, 2);
      // The row ends where its segment ends, so that a read beyond it fails.
      long offset = 12;
      MemorySegment xs = copy(x, offset, arena);
      MemorySegment ys = copy(y, offset, arena);
      float[] ones = new float[n];
      float[] deviations = new float[n];
      for (int i = 0; i < n; i++) {
        ones[i] = 1f;
        deviations[i] = x[i] - MEAN;
      }
      assertEquals(dot(x, ones), Reductions.sum(xs, offset, n));
      assertEquals(dot(x, y), Reductions.dot(xs, offset, ys, offset, n));
      assertEquals(dot(x, x), Reductions.sumSquares(xs, offset, n));
      assertEquals(
          dot(deviations, deviations), Reductions.sumSquaredDeviations(xs, offset, n, MEAN));
      assertEquals(max(x), Reductions.max(xs, offset, n));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 31, 40})
  void seeTheLastElement(int n) {
    try (Arena arena = Arena.ofConfined()) {
      for (float last : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        float[] x = random(n, 3);
        x[n - 1] = last;
        MemorySegment xs = copy(x, 0, arena);
        assertEquals(last, Reductions.sum(xs, 0, n));
        assertEquals(last, Reductions.sumSquares(xs, 0, n));
        assertEquals(last, Reductions.sumSquaredDeviations(xs, 0, n, MEAN));
        assertEquals(last, Reductions.max(xs, 0, n));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 16, 33})
  void maxOfNegativeNumbersIsNegative(int n) {
    try (Arena arena = Arena.ofConfined()) {
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = -3f - i;
      }
      assertEquals(-3f, Reductions.max(copy(x, 4, arena), 4, n));
      assertEquals(Float.NEGATIVE_INFINITY, Reductions.max(copy(x, 4, arena), 4, 0));
    }
  }

  private static float dot(float[] x, float[] y) {
    float[] s = new float[16];
    for (int i = 0; i < x.length; i++) {
      s[i % 16] = Math.fma(x[i], y[i], s[i % 16]);
    }
    for (int distance = 8; distance > 0; distance /= 2) {
      for (int lane = 0; lane < distance; lane++) {
        s[lane] += s[lane + distance];
      }
    }
    return s[0];
  }

  private static float max(float[] x) {
    float max = Float.NEGATIVE_INFINITY;
    for (float value : x) {
      max = Math.max(max, value);
    }
    return max;
  }

  private static float[] random(int n, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private static MemorySegment copy(float[] values, long offset, Arena arena) {
    MemorySegment segment = arena.allocate(offset + 4L * values.length, 4);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, offset, values.length);
    return segment;
  }
}
