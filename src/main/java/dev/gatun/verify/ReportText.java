package dev.gatun.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The console's table of a verification. */
public final class ReportText {
  /** What a comparison of hidden states is called, before the number of the layer. */
  static final String HIDDEN = "hidden states ";

  private static final int MOST_FAILURES = 40;

  private ReportText() {}

  /** The lines of a level: its title, the names of the columns, a line for each subject. */
  public static List<String> table(Level level, List<Check> checks) {
    List<Summary> rows = Summary.of(checks);
    int width = rows.stream().mapToInt(row -> row.subject().length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(level + ": " + level.meaning());
    lines.add(
        line(width, "", "column", "cases", "error", "tolerance", "margin", "err/err(cpu)", ""));
    for (Summary row : rows) {
      Errors errors = row.worst().errors();
      lines.add(
          line(
              width,
              row.subject(),
              row.column(),
              String.valueOf(row.checks().size()),
              number(errors.worst()),
              number(errors.tolerance()),
              percent(row.worst().margin()),
              ratio(row.ratio()),
              row.failures() == 0 ? "" : "FAIL " + row.failures()));
    }
    lines.addAll(growth(checks));
    lines.addAll(divergence(level, checks));
    return lines;
  }

  /** The errors of the hidden states, layer by layer: of one column of one model each. */
  private static List<String> growth(List<Check> checks) {
    Map<String, List<String>> errors = new LinkedHashMap<>();
    for (Check check : checks) {
      if (check.what().startsWith(HIDDEN)) {
        String row = "  " + check.subject() + " on " + check.column();
        errors
            .computeIfAbsent(row, absent -> new ArrayList<>())
            .add(number(check.errors().worst()));
      }
    }
    List<String> lines = new ArrayList<>();
    errors.forEach((row, layers) -> lines.add(row + ": " + String.join(" → ", layers)));
    if (!lines.isEmpty()) {
      lines.addFirst("  error by layer, from the embedding to the last norm:");
    }
    return lines;
  }

  /** Where each model first leaves the reference, operation by operation. */
  private static List<String> divergence(Level level, List<Check> checks) {
    Map<String, Check> first = new LinkedHashMap<>();
    for (Check check : checks) {
      if (level == Level.FREE && !check.passes()) {
        first.putIfAbsent(check.subject() + " on " + check.column(), check);
      }
    }
    List<String> lines = new ArrayList<>();
    first.forEach(
        (where, check) ->
            lines.add("  %s: the first to diverge is %s".formatted(where, check.what())));
    return lines;
  }

  /** The comparisons that do not pass, the worst of them in full. */
  public static List<String> failures(List<Check> checks) {
    List<Check> failed = checks.stream().filter(check -> !check.passes()).toList();
    List<String> lines = new ArrayList<>();
    failed.stream().limit(MOST_FAILURES).forEach(check -> lines.add(check.toString()));
    if (failed.size() > MOST_FAILURES) {
      lines.add("... and %d more".formatted(failed.size() - MOST_FAILURES));
    }
    return lines;
  }

  private static String line(
      int width,
      String subject,
      String column,
      String cases,
      String error,
      String tolerance,
      String margin,
      String ratio,
      String verdict) {
    return "  %-"
        .concat(String.valueOf(Math.max(1, width)))
        .concat("s  %-9s %6s %10s %10s %8s %12s  %s")
        .formatted(subject, column, cases, error, tolerance, margin, ratio, verdict)
        .stripTrailing();
  }

  private static String number(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.2e", value);
  }

  private static String percent(double margin) {
    return Double.isInfinite(margin) ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * margin);
  }

  private static String ratio(double ratio) {
    return Double.isNaN(ratio) ? "-" : String.format(Locale.ROOT, "%.2f", ratio);
  }
}
