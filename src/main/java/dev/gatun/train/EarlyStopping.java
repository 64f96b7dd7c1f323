package dev.gatun.train;

import dev.gatun.hub.JsonFields;
import java.util.Optional;

/**
 * When to give up: after {@code patience} evaluations in a row without progress, as Hugging Face's
 * {@code EarlyStoppingCallback} does. Progress is a metric better than the best one before by more
 * than the threshold.
 *
 * @param patience {@code early_stopping_patience}
 * @param threshold {@code early_stopping_threshold}
 */
public record EarlyStopping(int patience, double threshold) {
  static Optional<EarlyStopping> read(JsonFields fields) {
    double threshold = fields.number("early_stopping_threshold", 0);
    return fields.has("early_stopping_patience")
        ? Optional.of(new EarlyStopping(fields.positive("early_stopping_patience"), threshold))
        : Optional.empty();
  }

  /**
   * What a run remembers of its evaluations.
   *
   * @param best the best metric so far; NaN before the first evaluation
   * @param withoutProgress evaluations in a row that brought none
   */
  record Progress(double best, int withoutProgress) {
    static final Progress NONE = new Progress(Double.NaN, 0);
  }

  /** The progress after one more evaluation. */
  Progress after(Progress before, double metric, boolean greaterIsBetter) {
    double gain = greaterIsBetter ? metric - before.best() : before.best() - metric;
    boolean first = Double.isNaN(before.best());
    return new Progress(
        first || gain > 0 ? metric : before.best(),
        first || gain > threshold ? 0 : before.withoutProgress() + 1);
  }

  /** Whether patience is at its end. */
  boolean isOver(Progress progress) {
    return progress.withoutProgress() >= patience;
  }
}
