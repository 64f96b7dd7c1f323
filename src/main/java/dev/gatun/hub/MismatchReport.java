package dev.gatun.hub;

import dev.gatun.core.DataException;
import java.util.List;
import java.util.stream.Collectors;

/** Everything that does not fit between a model and a file, in one message. */
final class MismatchReport {
  private static final int LISTED = 8;

  private final StringBuilder report = new StringBuilder();

  /** Adds what is wrong in one way; nothing if it is nothing. */
  MismatchReport list(String what, List<String> items) {
    if (items.isEmpty()) {
      return this;
    }
    String more = items.size() > LISTED ? " and %d more".formatted(items.size() - LISTED) : "";
    report
        .append("\n  ")
        .append(what)
        .append(": ")
        .append(items.stream().limit(LISTED).collect(Collectors.joining(", ")))
        .append(more);
    return this;
  }

  /**
   * Ends the report.
   *
   * @throws DataException with the headline and the list, unless everything fits
   */
  void requireEmpty(String headline) {
    if (!report.isEmpty()) {
      throw new DataException(headline + report);
    }
  }
}
