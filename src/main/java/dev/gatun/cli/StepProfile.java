package dev.gatun.cli;

import dev.gatun.op.Profile;
import dev.gatun.tensor.TensorSpec;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The operations of a step as a table, the longest first. */
final class StepProfile {
  private StepProfile() {}

  /**
   * One line for each operation and the shapes it ran on.
   *
   * @param steps over which the figures are averaged
   */
  static String table(List<Profile.Row> rows, int steps) {
    double total = rows.stream().mapToLong(Profile.Row::nanos).sum() / 1e6 / steps;
    StringBuilder table = new StringBuilder("ms/step  share  calls  GFLOP/s  operation\n");
    for (Profile.Row row : rows) {
      double ms = row.nanos() / 1e6 / steps;
      String speed = row.gflops() > 0 ? String.format(Locale.ROOT, "%.1f", row.gflops()) : "";
      table.append(
          String.format(
              Locale.ROOT,
              "%7.2f %5.1f%% %6d %8s  %s %s%n",
              ms,
              100 * ms / total,
              row.calls() / steps,
              speed,
              row.operation(),
              row.inputs().stream().map(TensorSpec::toString).collect(Collectors.joining(" "))));
    }
    return table
        .append(String.format(Locale.ROOT, "%7.2f         all operations of a step%n", total))
        .toString();
  }
}
