package dev.gatun.verify;

import java.util.List;

/**
 * One line of {@code gatun verify}: a result of one column against the reference in F64.
 *
 * @param subject the operation or the model
 * @param what the case and the part of its result
 * @param column where it was computed, for example {@code emulator}
 * @param errors how far it is from the reference
 * @param cpuError the error of the CPU in F32 on the same case
 * @param findings what was wrong beside the numbers: faults, damaged guards, other bits on the
 *     second run
 */
public record Check(
    Level level,
    String subject,
    String what,
    String column,
    Errors errors,
    double cpuError,
    List<String> findings) {
  private static final int MOST_FINDINGS = 6;

  public Check {
    findings = List.copyOf(findings);
  }

  /** A case that could not be compared. */
  static Check failure(Level level, String subject, String what, String column, String finding) {
    return new Check(level, subject, what, column, Errors.none(), 0, List.of(finding));
  }

  /** The same under another subject. */
  Check about(String another) {
    return new Check(level, another, what, column, errors, cpuError, findings);
  }

  public boolean passes() {
    return errors.worst() <= errors.tolerance() && findings.isEmpty();
  }

  /** The share of the tolerance that was used; infinite where something was found. */
  public double margin() {
    if (!findings.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    return errors.worst() == 0 ? 0 : errors.worst() / errors.tolerance();
  }

  @Override
  public String toString() {
    String numbers =
        "%s %s %s %s [%s]: error %.3g, tolerance %.3g"
            .formatted(
                passes() ? "pass" : "FAIL",
                level,
                subject,
                what,
                column,
                errors.worst(),
                errors.tolerance());
    StringBuilder text = new StringBuilder(numbers);
    findings.stream().limit(MOST_FINDINGS).forEach(found -> text.append("\n    ").append(found));
    if (findings.size() > MOST_FINDINGS) {
      text.append("\n    and %d more".formatted(findings.size() - MOST_FINDINGS));
    }
    return text.toString();
  }
}
