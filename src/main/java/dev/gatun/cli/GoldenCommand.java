package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.VerificationException;
import dev.gatun.hub.Json;
import dev.gatun.verify.Comparison;
import dev.gatun.verify.Golden;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun golden PATH...}: fixtures of the Hugging Face libraries. */
@Command(
    name = "golden",
    description =
        "Compares models and training runs with fixtures made by Hugging Face's libraries.",
    mixinStandardHelpOptions = true)
final class GoldenCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "PATH",
      arity = "1..*",
      description = "A fixture, or a folder of fixtures.")
  private List<Path> paths = List.of();

  @Option(names = "--json", description = "Print one JSON object: a record per comparison.")
  private boolean json;

  @Override
  public Integer call() {
    List<Comparison> all = new ArrayList<>();
    PrintWriter out = spec.commandLine().getOut();
    for (Path path : paths) {
      for (Map.Entry<Path, List<Comparison>> fixture : Golden.check(path).entrySet()) {
        all.addAll(fixture.getValue());
        if (!json) {
          print(out, fixture.getKey(), fixture.getValue());
        }
      }
    }
    if (json) {
      out.print(Json.format(toJson(all)));
    }
    long failed = all.stream().filter(comparison -> !comparison.passes()).count();
    if (failed > 0) {
      throw new VerificationException(
          "%d of %d comparisons are outside their tolerance".formatted(failed, all.size()));
    }
    if (!json) {
      out.printf("all %d comparisons pass%n", all.size());
    }
    return ExitCode.OK.code();
  }

  private static void print(PrintWriter out, Path fixture, List<Comparison> comparisons) {
    double margin = comparisons.stream().mapToDouble(Comparison::margin).max().orElse(0);
    boolean passes = comparisons.stream().allMatch(Comparison::passes);
    out.printf(
        Locale.ROOT,
        "%s  %s: %d comparisons, at most %.0f %% of a tolerance used%n",
        passes ? "pass" : "FAIL",
        fixture,
        comparisons.size(),
        100 * margin);
    comparisons.stream()
        .filter(comparison -> !comparison.passes())
        .forEach(failure -> out.println("  " + failure));
    out.flush();
  }

  private static ObjectNode toJson(List<Comparison> comparisons) {
    ObjectNode root = Json.object();
    ArrayNode records = root.putArray("comparisons");
    for (Comparison comparison : comparisons) {
      records
          .addObject()
          .put("what", comparison.what())
          .put("error", comparison.error())
          .put("tolerance", comparison.tolerance())
          .put("pass", comparison.passes());
    }
    return root;
  }
}
