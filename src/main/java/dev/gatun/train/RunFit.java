package dev.gatun.train;

import dev.gatun.core.DoesNotFitException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whether a run fits into memory, and what would.
 *
 * @param budget bytes that its regions may take
 * @param planner makes the plan of the run with a number of rows in a micro-batch and, or not, with
 *     activations computed again
 */
public record RunFit(long budget, Planner planner) {
  /** Plans a run with another batch size. */
  @FunctionalInterface
  public interface Planner {
    RunPlan plan(int batch, boolean gradientCheckpointing);
  }

  /**
   * Accepts a plan that fits.
   *
   * @throws DoesNotFitException with the numbers and, if there is one, a batch size that fits
   */
  public void require(RunPlan plan) {
    if (plan.peakBytes() <= budget) {
      return;
    }
    throw new DoesNotFitException(
        "the run takes %s of memory, %s are there; %s"
            .formatted(gigabytes(plan.peakBytes()), gigabytes(budget), advice(plan)));
  }

  private String advice(RunPlan plan) {
    Optional<RunPlan> smaller = largest(plan.batch() - 1, plan.gradientCheckpointing());
    Optional<RunPlan> again =
        plan.gradientCheckpointing() ? Optional.empty() : largest(plan.batch(), true);
    Function<RunPlan, String> keys = fitting -> keys(plan, fitting);
    if (smaller.isEmpty() && again.isEmpty()) {
      RunPlan least = planner.plan(1, true);
      return "even with training.per_device_train_batch_size 1 and training.gradient_checkpointing"
          + " true it takes %s: lower data.context_length, train an adapter (lora), or take a"
              .formatted(gigabytes(least.peakBytes()))
          + " smaller model";
    }
    return "what fits: "
        + smaller.map(keys).orElse("")
        + (smaller.isPresent() && again.isPresent() ? "; or " : "")
        + again.map(keys).orElse("");
  }

  /** The keys to change; the product of batch size and accumulation stays, or grows a little. */
  private static String keys(RunPlan plan, RunPlan fitting) {
    int micro = Math.ceilDiv(plan.batch() * plan.microBatches(), fitting.batch());
    StringBuilder text = new StringBuilder();
    if (fitting.batch() != plan.batch()) {
      text.append("training.per_device_train_batch_size ").append(fitting.batch());
      text.append(" with training.gradient_accumulation_steps ").append(micro);
    }
    if (fitting.gradientCheckpointing() && !plan.gradientCheckpointing()) {
      text.append(text.isEmpty() ? "" : " and ").append("training.gradient_checkpointing true");
    }
    return text.append(", which takes ").append(gigabytes(fitting.peakBytes())).toString();
  }

  /** The plan of the largest batch that fits, of at most so many rows. */
  private Optional<RunPlan> largest(int most, boolean gradientCheckpointing) {
    Optional<RunPlan> best = Optional.empty();
    int low = 1;
    int high = most;
    while (low <= high) {
      int batch = (low + high + 1) / 2;
      RunPlan plan = planner.plan(batch, gradientCheckpointing);
      if (plan.peakBytes() <= budget) {
        best = Optional.of(plan);
        low = batch + 1;
      } else {
        high = batch - 1;
      }
    }
    return best;
  }

  /** For example {@code 23.6 GB}. */
  public static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
