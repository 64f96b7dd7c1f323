package dev.gatun.optim;

import dev.gatun.core.ConfigurationException;
import java.util.List;

/**
 * The learning rate as a function of the step, relative to its configured value.
 *
 * <p>With W warm-up steps of N, every schedule but {@link Constant} begins with a line from 0, so
 * that the first step of a run with warm-up has learning rate 0. The formulas are those of Hugging
 * Face's {@code transformers.optimization}.
 */
public sealed interface Schedule {
  /** The factor for a step, counted from 0. */
  double factor(int step);

  /** {@code 1}. */
  record Constant() implements Schedule {
    @Override
    public double factor(int step) {
      return 1;
    }
  }

  /** {@code min(1, s/W)}. */
  record ConstantWithWarmup(int warmupSteps) implements Schedule {
    @Override
    public double factor(int step) {
      return step < warmupSteps ? warmup(step, warmupSteps) : 1;
    }
  }

  /** {@code (N - s)/(N - W)} after the warm-up. */
  record Linear(int warmupSteps, int totalSteps) implements Schedule {
    @Override
    public double factor(int step) {
      if (step < warmupSteps) {
        return warmup(step, warmupSteps);
      }
      return Math.max(0, (totalSteps - step) / (double) Math.max(1, totalSteps - warmupSteps));
    }
  }

  /**
   * {@code m + (1 - m)·½(1 + cos(π·(s - W)/(N - W)))} after the warm-up. Loshchilov, Hutter,
   * "SGDR", 2017, equation 5.
   *
   * @param minLrRate m, the factor that the schedule ends with; 0 for plain {@code cosine}
   */
  record Cosine(int warmupSteps, int totalSteps, double minLrRate) implements Schedule {
    @Override
    public double factor(int step) {
      if (step < warmupSteps) {
        return warmup(step, warmupSteps);
      }
      double progress = (step - warmupSteps) / (double) Math.max(1, totalSteps - warmupSteps);
      double cosine = 0.5 * (1 + Math.cos(Math.PI * progress));
      return Math.max(0, cosine * (1 - minLrRate) + minLrRate);
    }
  }

  /**
   * {@code e + (1 - e)·(1 - (s - W)/(N - W))^power} after the warm-up.
   *
   * @param endRate e, the factor at the end
   */
  record Polynomial(int warmupSteps, int totalSteps, double power, double endRate)
      implements Schedule {
    @Override
    public double factor(int step) {
      if (step < warmupSteps) {
        return warmup(step, warmupSteps);
      }
      if (step > totalSteps) {
        return endRate;
      }
      double left = 1 - (step - warmupSteps) / (double) Math.max(1, totalSteps - warmupSteps);
      return (1 - endRate) * Math.pow(left, power) + endRate;
    }
  }

  /**
   * {@code ½(1 + cos(π·(k·x mod 1)))} after the warm-up, with x = (s - W)/(N - W); 0 at the end.
   * Loshchilov, Hutter, "SGDR", 2017, with cycles of equal length.
   *
   * @param cycles k, hard restarts included
   */
  record CosineWithRestarts(int warmupSteps, int totalSteps, double cycles) implements Schedule {
    @Override
    public double factor(int step) {
      if (step < warmupSteps) {
        return warmup(step, warmupSteps);
      }
      double progress = (step - warmupSteps) / (double) Math.max(1, totalSteps - warmupSteps);
      if (progress >= 1) {
        return 0;
      }
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cycles * progress % 1))));
    }
  }

  /**
   * {@code 1/√((s + τ - W)/τ)} after the warm-up, with τ = W, or 10,000 where W is 0. Vaswani et
   * al., "Attention Is All You Need", 2017, section 5.3, relative to its peak.
   */
  record InverseSquareRoot(int warmupSteps) implements Schedule {
    private static final int TIMESCALE = 10_000;

    @Override
    public double factor(int step) {
      if (step < warmupSteps) {
        return warmup(step, warmupSteps);
      }
      double timescale = warmupSteps == 0 ? TIMESCALE : warmupSteps;
      return 1 / Math.sqrt((step + timescale - warmupSteps) / timescale);
    }
  }

  /** The names that {@code lr_scheduler_type} accepts. */
  List<String> NAMES =
      List.of(
          "linear",
          "cosine",
          "cosine_with_min_lr",
          "cosine_with_restarts",
          "inverse_sqrt",
          "constant",
          "constant_with_warmup",
          "polynomial");

  private static double warmup(int step, int warmupSteps) {
    return step / (double) Math.max(1, warmupSteps);
  }

  /**
   * The schedule of a name that {@code lr_scheduler_type} accepts.
   *
   * @param minLrRate for {@code cosine_with_min_lr}
   * @param power for {@code polynomial}
   * @param endRate for {@code polynomial}: its final learning rate relative to the first
   * @param cycles for {@code cosine_with_restarts}
   * @throws ConfigurationException for another name
   */
  static Schedule of(
      String name,
      int warmupSteps,
      int totalSteps,
      double minLrRate,
      double power,
      double endRate,
      double cycles) {
    return switch (name) {
      case "linear" -> new Linear(warmupSteps, totalSteps);
      case "cosine" -> new Cosine(warmupSteps, totalSteps, 0);
      case "cosine_with_min_lr" -> new Cosine(warmupSteps, totalSteps, minLrRate);
      case "cosine_with_restarts" -> new CosineWithRestarts(warmupSteps, totalSteps, cycles);
      case "inverse_sqrt" -> new InverseSquareRoot(warmupSteps);
      case "constant" -> new Constant();
      case "constant_with_warmup" -> new ConstantWithWarmup(warmupSteps);
      case "polynomial" -> new Polynomial(warmupSteps, totalSteps, power, endRate);
      default ->
          throw new ConfigurationException(
              "lr_scheduler_type '%s' is not supported; it is one of %s"
                  .formatted(name, String.join(", ", NAMES)));
    };
  }
}
