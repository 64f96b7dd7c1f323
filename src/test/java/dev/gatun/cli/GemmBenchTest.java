package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cpu.Layout;
import dev.gatun.cpu.Parallel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GemmBenchTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void measuresWithoutOpenBlas(int threads) {
    int before = Parallel.threads();
    GemmBench bench = new GemmBench(Optional.empty(), threads, 1);
    GemmBench.Product product = new GemmBench.Product(Layout.NT, 8, 16, 24);
    List<GemmBench.Row> heard = new ArrayList<>();
    List<GemmBench.Row> rows = bench.run(List.of(product), 1, heard::add);
    assertEquals(rows, heard);
    assertEquals(product, rows.getFirst().product());
    assertTrue(rows.getFirst().gflops() > 0);
    assertTrue(Double.isNaN(rows.getFirst().openBlas()));
    assertTrue(Double.isNaN(rows.getFirst().ratio()));
    assertEquals(before, Parallel.threads());
  }

  @Test
  void aMissingLibraryIsNoError() {
    assertTrue(OpenBlas.open("libno-such-blas.so.99", Optional.empty()).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"LAYER, 18", "LARGE, 18", "SMALL, 36"})
  void everyShapeIsMeasuredInAllLayouts(GemmBench.Shapes shapes, int count) {
    assertEquals(count, shapes.products().stream().distinct().count());
  }

  @Test
  void theMeanOfRatiosIsGeometric() {
    GemmBench.Product product = new GemmBench.Product(Layout.NN, 1, 1, 1);
    List<GemmBench.Row> rows =
        List.of(new GemmBench.Row(product, 1, 2, 0.5), new GemmBench.Row(product, 2, 1, 2));
    assertEquals(1.0, GemmBench.geometricMean(rows), 1e-12);
  }
}
