package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.hub.Json;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gatun bench gemm}: the matrix product, beside OpenBLAS where there is one. */
@Command(
    name = "gemm",
    description = "Times matrix products beside OpenBLAS.",
    mixinStandardHelpOptions = true)
final class BenchGemm implements Callable<Integer> {
  private static final long WARM_UP_NANOS = 2_000_000_000L;

  @Spec private CommandSpec spec;

  @Option(
      names = "--openblas",
      defaultValue = "libopenblas.so.0",
      description = "The library to compare with (default ${DEFAULT-VALUE}).")
  private String library = "";

  @Option(names = "--threads", defaultValue = "1", description = "Threads (default 1).")
  private int threads;

  @Option(
      names = "--shapes",
      defaultValue = "LAYER",
      description = "Which products: ${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE}).")
  private GemmBench.Shapes shapes = GemmBench.Shapes.LAYER;

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description = "How long to measure each shape (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Optional<OpenBlas> openBlas = OpenBlas.open(library, Optional.empty());
    GemmBench bench = new GemmBench(openBlas, threads, (long) (seconds * 1e9));
    if (!json.isChosen()) {
      out.println(
          openBlas
              .map(found -> "OpenBLAS with its kernels for " + found.coreName())
              .orElse(library + " is not there: our figures only (--openblas FILE names one)"));
      out.println("layout     M     K     N   GFLOP/s  OpenBLAS  ratio");
    }
    List<GemmBench.Row> rows =
        bench.run(
            shapes.products(),
            WARM_UP_NANOS,
            row -> {
              if (!json.isChosen()) {
                out.println(line(row));
              }
            });
    double mean = GemmBench.geometricMean(rows);
    if (json.isChosen()) {
      out.print(Json.format(toJson(rows, mean)));
    } else if (openBlas.isPresent()) {
      out.printf(Locale.ROOT, "geometric mean of the ratios %.3f%n", mean);
    }
    return ExitCode.OK.code();
  }

  private static String line(GemmBench.Row row) {
    GemmBench.Product p = row.product();
    return String.format(
        Locale.ROOT,
        "%s     %5d %5d %5d    %6.1f    %6.1f %6.3f",
        p.layout(),
        p.m(),
        p.k(),
        p.n(),
        row.gflops(),
        row.openBlas(),
        row.ratio());
  }

  private ObjectNode toJson(List<GemmBench.Row> rows, double mean) {
    ObjectNode object = Json.object();
    object.put("threads", threads);
    ArrayNode list = object.putArray("rows");
    for (GemmBench.Row row : rows) {
      GemmBench.Product p = row.product();
      ObjectNode entry = list.addObject();
      entry.put("layout", p.layout().toString()).put("m", p.m()).put("k", p.k()).put("n", p.n());
      entry.put("gflops", row.gflops());
      putIfNumber(entry, "openblas_gflops", row.openBlas());
      putIfNumber(entry, "ratio", row.ratio());
    }
    putIfNumber(object, "geomean_vs_openblas", mean);
    return object;
  }

  /** JSON has no NaN: what was not measured is left out. */
  private static void putIfNumber(ObjectNode object, String key, double value) {
    if (Double.isFinite(value)) {
      object.put(key, value);
    }
  }
}
