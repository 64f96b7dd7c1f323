package dev.gatun.cli;

import java.util.List;
import java.util.Optional;

/**
 * Prints our matrix product beside OpenBLAS.
 *
 * <pre>
 *   GemmBenchmark LIBRARY [THREADS [SECONDS_PER_SHAPE [CORE_TYPE]]]
 * </pre>
 */
public final class GemmBenchmark {
  private GemmBenchmark() {}

  /** See the class. */
  public static void main(String[] arguments) {
    String library = arguments.length > 0 ? arguments[0] : "libopenblas.so.0";
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
    double seconds = arguments.length > 2 ? Double.parseDouble(arguments[2]) : 1;
    Optional<String> coreType = arguments.length > 3 ? Optional.of(arguments[3]) : Optional.empty();
    Optional<OpenBlas> openBlas = OpenBlas.open(library, coreType);
    System.out.println(
        openBlas.map(found -> "OpenBLAS with kernels for " + found.coreName()).orElse("ours only"));
    GemmBench bench = new GemmBench(openBlas, threads, (long) (seconds * 1e9));
    System.out.println("layout     M     K     N   ours OpenBLAS  ratio");
    List<GemmBench.Row> rows =
        bench.run(GemmBench.Shapes.LAYER.products(), 3_000_000_000L, GemmBenchmark::print);
    System.out.printf("geometric mean of the ratios %.3f%n", GemmBench.geometricMean(rows));
  }

  private static void print(GemmBench.Row row) {
    GemmBench.Product p = row.product();
    System.out.printf(
        "%s     %5d %5d %5d %6.1f   %6.1f %6.3f%n",
        p.layout(), p.m(), p.k(), p.n(), row.gflops(), row.openBlas(), row.ratio());
  }
}
