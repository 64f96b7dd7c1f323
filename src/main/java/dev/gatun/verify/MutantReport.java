package dev.gatun.verify;

import dev.gatun.ptx.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How many broken kernels the tests have seen.
 *
 * @param outcomes of the mutants that were run
 */
public record MutantReport(List<Outcome> outcomes) {
  /** What becomes of a mutant. */
  enum Fate {
    CAUGHT("caught"),
    EQUIVALENT("equivalent"),
    SURVIVES("SURVIVES");

    private final String text;

    Fate(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * One mutant.
   *
   * @param found the comparison that fails; empty if none does
   * @param excuse why it computes what the kernel computes, if the table of equivalent mutants
   *     names it
   */
  public record Outcome(Mutant mutant, Optional<Check> found, Optional<String> excuse) {
    Fate fate() {
      return found.isPresent() ? Fate.CAUGHT : excuse.isPresent() ? Fate.EQUIVALENT : Fate.SURVIVES;
    }

    /** By what it was caught, in a few words; empty if it was not. */
    String cause() {
      return found.map(Outcome::cause).orElse("");
    }

    private static String cause(Check check) {
      for (String finding : check.findings()) {
        for (Finding.Kind kind : Finding.Kind.values()) {
          if (finding.contains(kind + ": ")) {
            return kind.toString();
          }
        }
      }
      return check.errors().worst() > check.errors().tolerance()
          ? "wrong result"
          : check.findings().stream().anyMatch(f -> f.contains("second run"))
              ? "not repeatable"
              : "fault";
    }

    /** What was broken where, and how it ended. */
    public String line() {
      String how =
          switch (fate()) {
            case CAUGHT -> {
              Check check = found.orElseThrow();
              yield "%s in %s of %s".formatted(cause(), check.level(), check.what());
            }
            case EQUIVALENT -> excuse.orElseThrow();
            case SURVIVES -> "no test sees it";
          };
      return "%-10s %s, %s, %s:%d (%s): %s"
          .formatted(
              fate(),
              mutant.entry(),
              mutant.kind(),
              mutant.kernel().file(),
              mutant.index() + 1,
              mutant.origin(),
              how);
    }
  }

  public MutantReport {
    outcomes = List.copyOf(outcomes);
  }

  /** Those that no test has seen, and for which there is no excuse. */
  public List<Outcome> survivors() {
    return of(Fate.SURVIVES);
  }

  private List<Outcome> of(Fate fate) {
    return outcomes.stream().filter(outcome -> outcome.fate() == fate).toList();
  }

  /** The tables by kind, by kernel and by what caught them, then survivors with their changes. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.addAll(table("mistake", outcomes, outcome -> outcome.mutant().kind().toString()));
    lines.add("");
    lines.addAll(table("kernel", outcomes, outcome -> outcome.mutant().entry()));
    lines.add("");
    lines.addAll(table("caught by", of(Fate.CAUGHT), Outcome::cause));
    List<Outcome> survivors = survivors();
    if (!survivors.isEmpty()) {
      lines.add("");
      lines.add("survivors:");
      survivors.forEach(o -> lines.add("  " + o.mutant()));
    }
    return lines;
  }

  /** In one line. */
  public String summary() {
    return "%,d broken kernels: %,d caught, %,d equivalent as documented, %,d survive"
        .formatted(
            outcomes.size(),
            of(Fate.CAUGHT).size(),
            of(Fate.EQUIVALENT).size(),
            survivors().size());
  }

  private static List<String> table(
      String title, List<Outcome> outcomes, Function<Outcome, String> key) {
    Map<String, Map<Fate, Long>> counts =
        outcomes.stream()
            .collect(
                Collectors.groupingBy(
                    key,
                    TreeMap::new,
                    Collectors.groupingBy(Outcome::fate, Collectors.counting())));
    int width = counts.keySet().stream().mapToInt(String::length).max().orElse(0);
    String format = "  %-" + Math.max(width, title.length()) + "s  %7s  %10s  %8s";
    List<String> lines = new ArrayList<>();
    lines.add(format.formatted(title, "caught", "equivalent", "survives"));
    counts.forEach(
        (name, n) ->
            lines.add(
                format.formatted(
                    name,
                    n.getOrDefault(Fate.CAUGHT, 0L),
                    n.getOrDefault(Fate.EQUIVALENT, 0L),
                    n.getOrDefault(Fate.SURVIVES, 0L))));
    return lines;
  }
}
