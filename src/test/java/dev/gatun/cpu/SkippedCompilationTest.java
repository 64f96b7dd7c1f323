package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The first compiler gives up on methods with many loads from native memory ("out of virtual
 * registers"), and the second never hears of a method that the first has skipped: products would
 * stay at a hundredth of their speed for ever, if small ones came first.
 */
class SkippedCompilationTest {
  /** What the second compiler must have seen. */
  private static final List<String> KERNELS =
      List.of(
          "Kernel4::run",
          "FourRows::f32",
          "FourRows::bf16",
          "FourRows::q8(?:Whole)?",
          "FourRows::q4(?:Whole)?");

  private static final int SMALL_ROUNDS = 1_000;
  private static final int LARGE_ROUNDS = 400;

  @Test
  void noMethodOfProductsIsSkipped() {
    ChildJvm.Result result =
        ChildJvm.run(
            SkippedCompilationTest.class,
            List.of(),
            "-XX:+PrintCompilation",
            "-XX:-BackgroundCompilation"); // what is compiled must not depend on how busy we are
    assertEquals(0, result.exitCode(), result::output);
    List<String> ours =
        result.output().lines().filter(line -> line.contains("dev.gatun.")).toList();
    for (String kernel : KERNELS) {
      Pattern compiled = Pattern.compile(" 4 +dev\\.gatun\\.cpu\\." + kernel + " ");
      assertTrue(
          ours.stream().anyMatch(line -> compiled.matcher(line).find()),
          () -> kernel + " in " + result.output());
    }
    assertEquals(
        List.of(), ours.stream().filter(line -> line.contains("COMPILE SKIPPED")).toList());
  }

  /** The child's side: products with short sums, then with long ones. */
  public static void main(String[] arguments) {
    multiply(SMALL_ROUNDS, 1, 2, 8, 16, 24, 48);
    multiply(LARGE_ROUNDS, 64, 512, 768);
  }

  private static void multiply(int rounds, int... depths) {
    int m = 52;
    int n = 200;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment a = arena.allocate(4L * m * 768, 64);
      MemorySegment b = arena.allocate(4L * n * 768, 64);
      MemorySegment c = arena.allocate(4L * m * n, 64);
      for (int round = 0; round < rounds; round++) {
        for (Layout layout : Layout.values()) {
          for (int k : depths) {
            int lda = layout == Layout.TN ? m : k;
            int ldb = layout == Layout.NT ? k : n;
            Gemm.run(layout, m, n, k, a, 0, lda, b, 0, ldb, null, 0, c, 0, n, k % 16 == 0);
          }
        }
        for (int k : depths) {
          Gemm.run(Layout.NT, 1, n, k, a, 0, k, b, 0, k, null, 0, c, 0, n, false);
          for (DType dtype : List.of(DType.BF16, DType.Q8_0, DType.Q4_0)) {
            Gemm.run(Layout.NT, 1, n, k, a, new StoredMatrix(b, dtype, n, k), null, c, false);
          }
        }
      }
    }
  }
}
