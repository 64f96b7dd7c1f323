package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares bits with one chain of {@code Math.fma} per element. */
class GemmTest {
  private static final int THREADS = Parallel.threads();

  record Case(Layout layout, int m, int n, int k, boolean bias, boolean accumulate) {}

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(THREADS);
  }

  static Stream<Case> raggedShapes() {
    SplittableRandom random = new SplittableRandom(11);
    return Stream.of(Layout.values())
        .flatMap(
            layout ->
                IntStream.range(0, 80)
                    .mapToObj(
                        i ->
                            new Case(
                                layout,
                                1 + random.nextInt(70),
                                1 + random.nextInt(70),
                                1 + random.nextInt(70),
                                random.nextBoolean(),
                                random.nextBoolean())));
  }

  static Stream<Case> largeShapes() {
    return Stream.of(Layout.values())
        .flatMap(
            layout ->
                Stream.of(
                    new Case(layout, 131, 257, 769, true, false),
                    new Case(layout, 12, 64, 1537, false, true),
                    new Case(layout, 5, 768, 2304, true, true),
                    new Case(layout, 300, 32, 127, false, false),
                    new Case(layout, 2, 199, 800, false, false),
                    new Case(layout, 97, 1, 31, true, false)));
  }

  static Stream<Case> emptyShapes() {
    return Stream.of(Layout.values())
        .flatMap(
            layout ->
                Stream.of(
                    new Case(layout, 0, 5, 7, false, false),
                    new Case(layout, 5, 0, 7, true, false),
                    new Case(layout, 1, 40, 0, true, false),
                    new Case(layout, 13, 40, 0, false, false),
                    new Case(layout, 13, 40, 0, true, true)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void raggedShapesHaveTheBitsOfOneChain(int threads) {
    Parallel.setThreads(threads);
    raggedShapes().forEach(shape -> check(shape, 0));
  }

  @ParameterizedTest
  @MethodSource("largeShapes")
  void largeShapesHaveTheBitsOfOneChain(Case shape) {
    check(shape, 3, 1, 2, 3);
  }

  @ParameterizedTest
  @MethodSource("emptyShapes")
  void emptySizesLeaveTheStart(Case shape) {
    check(shape, 1);
  }

  @ParameterizedTest
  @EnumSource
  void moreRowsThanASlabHolds(Layout layout) {
    check(new Case(layout, 4099, 7, 3, true, true), 0);
  }

  @ParameterizedTest
  @EnumSource
  void moreOfKThanASlabHolds(Layout layout) {
    // 1000 rows leave room for six K blocks of 512.
    check(new Case(layout, 1000, 3, 6 * 512 + 5, false, false), 0);
  }

  @ParameterizedTest
  @EnumSource
  void nanAndInfinityReachTheirRowAndColumnOnly(Layout layout) {
    try (Arena arena = Arena.ofConfined()) {
      Problem problem = new Problem(new Case(layout, 14, 35, 20, false, false), 0, arena);
      problem.setA(13, 19, Float.NaN);
      problem.setB(3, 34, Float.POSITIVE_INFINITY);
      problem.run();
      for (int i = 0; i < 14; i++) {
        for (int j = 0; j < 35; j++) {
          float value = problem.c(i, j);
          assertEquals(i == 13, Float.isNaN(value), "NaN at " + i + ", " + j);
          assertEquals(i != 13 && j == 34, Float.isInfinite(value), "infinity at " + i + ", " + j);
        }
      }
    }
  }

  @Test
  void errorsNameTheMatrixAndItsSizes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment s = arena.allocate(4 * 12);
      assertMessage("A[3, 5] with rows 5 apart needs 60 bytes", () -> nn(3, 2, 5, s, 5, s, 2, s));
      assertMessage("rows of A are 3 apart but have 4", () -> nn(3, 2, 4, s, 3, s, 2, s));
      assertMessage("B[4, 4]", () -> nn(2, 4, 4, s, 4, s, 4, s));
      assertMessage("sizes cannot be negative", () -> nn(-1, 4, 4, s, 4, s, 4, s));
      MemorySegment heap = MemorySegment.ofArray(new float[12]);
      assertMessage("C must be in native memory", () -> nn(3, 4, 3, s, 3, s, 4, heap));
    }
  }

  private static void nn(
      int m, int n, int k, MemorySegment a, int lda, MemorySegment b, int ldb, MemorySegment c) {
    Gemm.run(Layout.NN, m, n, k, a, 0, lda, b, 0, ldb, null, 0, c, 0, n, false);
  }

  private static void assertMessage(String part, Runnable call) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(String.valueOf(e.getMessage()).contains(part), e::toString);
  }

  private static void check(Case shape, int gap, int... threads) {
    try (Arena arena = Arena.ofShared()) {
      float[] expected = new Problem(shape, gap, arena).expected();
      if (threads.length == 0) {
        assertBits(expected, shape, gap, arena);
      }
      for (int count : threads) {
        Parallel.setThreads(count);
        assertBits(expected, shape, gap, arena);
      }
    }
  }

  private static void assertBits(float[] expected, Case shape, int gap, Arena arena) {
    Problem problem = new Problem(shape, gap, arena);
    problem.run();
    for (int i = 0; i < shape.m(); i++) {
      for (int j = 0; j < problem.ldc; j++) {
        float actual = problem.c(i, j);
        if (Float.floatToIntBits(expected[i * problem.ldc + j]) != Float.floatToIntBits(actual)) {
          assertEquals(
              expected[i * problem.ldc + j], actual, shape + " at row " + i + ", column " + j);
        }
      }
    }
  }

  /** Matrices with rows {@code gap} elements further apart than they are long. */
  private static final class Problem {
    private final Case shape;
    private final boolean aTransposed;
    private final boolean bTransposed;
    private final int lda;
    private final int ldb;
    private final int ldc;
    private final long offset;
    private final MemorySegment a;
    private final MemorySegment b;
    private final MemorySegment c;
    private final MemorySegment bias;

    Problem(Case shape, int gap, Arena arena) {
      this.shape = shape;
      aTransposed = shape.layout() == Layout.TN;
      bTransposed = shape.layout() == Layout.NT;
      lda = (aTransposed ? shape.m() : shape.k()) + gap;
      ldb = (bTransposed ? shape.k() : shape.n()) + gap;
      ldc = shape.n() + gap;
      offset = 4L * gap;
      SplittableRandom random = new SplittableRandom(shape.hashCode());
      a = random((aTransposed ? shape.k() : shape.m()) * lda, random, arena);
      b = random((bTransposed ? shape.n() : shape.k()) * ldb, random, arena);
      c = random(shape.m() * ldc, random, arena);
      bias = random(shape.n(), random, arena);
    }

    /** Ends with the matrix but for the gap of its last row, so that reading beyond it fails. */
    private MemorySegment random(int elements, SplittableRandom random, Arena arena) {
      MemorySegment segment = arena.allocate(offset + 4L * elements, 4);
      for (long at = 0; at < segment.byteSize(); at += 4) {
        segment.set(ValueLayout.JAVA_FLOAT, at, (float) random.nextDouble(-1, 1));
      }
      return segment;
    }

    void run() {
      Gemm.run(
          shape.layout(),
          shape.m(),
          shape.n(),
          shape.k(),
          a,
          offset,
          lda,
          b,
          offset,
          ldb,
          shape.bias() ? bias : null,
          offset,
          c,
          offset,
          ldc,
          shape.accumulate());
    }

    float[] expected() {
      float[] result = new float[shape.m() * ldc];
      for (int i = 0; i < shape.m(); i++) {
        for (int j = 0; j < ldc; j++) {
          result[i * ldc + j] = j < shape.n() ? expected(i, j) : c(i, j);
        }
      }
      return result;
    }

    private float expected(int i, int j) {
      float start = shape.accumulate() ? c(i, j) : 0f;
      start += shape.bias() ? get(bias, j) : 0f;
      if (shape.m() == 1 && shape.layout() == Layout.NT) {
        return start + dot(j);
      }
      for (int p = 0; p < shape.k(); p++) {
        start = Math.fma(a(i, p), b(p, j), start);
      }
      return start;
    }

    /** 16 partial sums, see {@link Simd}. */
    private float dot(int j) {
      float[] s = new float[16];
      for (int p = 0; p < shape.k(); p++) {
        s[p % 16] = Math.fma(a(0, p), b(p, j), s[p % 16]);
      }
      for (int distance = 8; distance > 0; distance /= 2) {
        for (int lane = 0; lane < distance; lane++) {
          s[lane] += s[lane + distance];
        }
      }
      return s[0];
    }

    private float a(int i, int p) {
      return get(a, aTransposed ? p * lda + i : i * lda + p);
    }

    private float b(int p, int j) {
      return get(b, bTransposed ? j * ldb + p : p * ldb + j);
    }

    float c(int i, int j) {
      return get(c, i * ldc + j);
    }

    void setA(int i, int p, float value) {
      set(a, aTransposed ? p * lda + i : i * lda + p, value);
    }

    void setB(int p, int j, float value) {
      set(b, bTransposed ? j * ldb + p : p * ldb + j, value);
    }

    private float get(MemorySegment x, long index) {
      return x.get(ValueLayout.JAVA_FLOAT, offset + 4 * index);
    }

    private void set(MemorySegment x, long index, float value) {
      x.set(ValueLayout.JAVA_FLOAT, offset + 4 * index, value);
    }
  }
}
