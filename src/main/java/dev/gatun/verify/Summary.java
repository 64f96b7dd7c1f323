package dev.gatun.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All comparisons of one subject in one level and column, by the one that used most of its
 * tolerance.
 *
 * @param checks all of them
 * @param worst the one with the largest margin
 */
public record Summary(Level level, String subject, String column, List<Check> checks, Check worst) {
  private record Key(Level level, String subject, String column) {}

  public Summary {
    checks = List.copyOf(checks);
  }

  /** In the order in which the subjects first appear. */
  public static List<Summary> of(List<Check> checks) {
    Map<Key, List<Check>> groups = new LinkedHashMap<>();
    for (Check check : checks) {
      Key key = new Key(check.level(), check.subject(), check.column());
      groups.computeIfAbsent(key, absent -> new ArrayList<>()).add(check);
    }
    List<Summary> summaries = new ArrayList<>();
    groups.forEach(
        (key, group) -> {
          Check worst = group.getFirst();
          for (Check check : group) {
            worst = check.margin() > worst.margin() ? check : worst;
          }
          summaries.add(new Summary(key.level, key.subject, key.column, group, worst));
        });
    return summaries;
  }

  /** How many do not pass. */
  public long failures() {
    return checks.stream().filter(check -> !check.passes()).count();
  }

  /** How many elements used which share of their tolerance, see {@link Errors#shares}. */
  public List<Integer> shares() {
    return checks.stream().map(Check::errors).reduce(Errors.none(), Errors::and).shares();
  }

  /** {@code err(column)/err(CPU F32)} in the worst comparison; NaN where the CPU has no error. */
  public double ratio() {
    return worst.cpuError() == 0 ? Double.NaN : worst.errors().worst() / worst.cpuError();
  }
}
