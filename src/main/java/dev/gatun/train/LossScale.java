package dev.gatun.train;

import dev.gatun.data.Batch;
import java.util.ArrayList;
import java.util.List;

/**
 * By what the summed token losses of each micro-batch are multiplied, so that a group has one loss.
 */
public final class LossScale {
  private LossScale() {}

  /**
   *
   *
   * <pre>
   *   TOKENS         1 / Σ_group n_i           one mean over all target tokens of the group
   *   MEAN_OF_MEANS  1 / (n_i · group size)    the mean of the micro-batches' means
   * </pre>
   *
   * where n_i counts the target tokens of micro-batch i. A micro-batch without target has scale 0.
   */
  public static List<Double> of(
      List<Batch> group, TrainingArguments.LossReduction reduction, int groupSize) {
    long total = 0;
    for (Batch batch : group) {
      total += batch.targetTokens();
    }
    List<Double> scales = new ArrayList<>();
    for (Batch batch : group) {
      long divisor =
          switch (reduction) {
            case TOKENS -> total;
            case MEAN_OF_MEANS -> (long) batch.targetTokens() * groupSize;
          };
      scales.add(divisor == 0 ? 0 : 1.0 / divisor);
    }
    return scales;
  }
}
