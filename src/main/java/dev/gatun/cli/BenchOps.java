package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.hub.Json;
import dev.gatun.op.OpBench;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gatun bench ops}: functions and operations beside a copy of memory, on one thread. */
@Command(
    name = "ops",
    description = "Times element-wise operations beside a copy of memory, on one thread.",
    mixinStandardHelpOptions = true)
final class BenchOps implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--seconds",
      defaultValue = "2",
      description = "How long to measure each (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (!json.isChosen()) {
      out.println("operation     ns/element   GB/s");
    }
    List<OpBench.Row> rows =
        OpBench.run(
            (long) (seconds * 1e9),
            row -> {
              if (!json.isChosen()) {
                out.println(line(row));
              }
            });
    if (json.isChosen()) {
      out.println(Json.format(toJson(rows)));
    }
    return ExitCode.OK.code();
  }

  private static String line(OpBench.Row row) {
    return String.format(
        Locale.ROOT,
        "%-12s  %10.3f  %5.1f",
        row.name(),
        row.nanosPerElement(),
        row.gigabytesPerSecond());
  }

  private static ObjectNode toJson(List<OpBench.Row> rows) {
    ObjectNode object = Json.object();
    ArrayNode list = object.putArray("rows");
    for (OpBench.Row row : rows) {
      ObjectNode entry = list.addObject();
      entry.put("operation", row.name());
      entry.put("ns_per_element", row.nanosPerElement());
      entry.put("gb_per_s", row.gigabytesPerSecond());
    }
    return object;
  }
}
