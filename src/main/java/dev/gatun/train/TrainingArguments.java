package dev.gatun.train;

import dev.gatun.hub.JsonFields;
import dev.gatun.optim.AdamW;
import dev.gatun.optim.Schedule;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;

/**
 * The object {@code training} of a run configuration: the names, meanings and defaults of Hugging
 * Face's {@code TrainingArguments}.
 *
 * @param perDeviceTrainBatchSize rows of a micro-batch
 * @param gradientAccumulationSteps micro-batches of a step
 * @param numTrainEpochs may be fractional; ignored where {@code maxSteps} is above 0
 * @param maxSteps steps of the run, or -1
 * @param warmupSteps overrides {@code warmupRatio} where above 0
 * @param evalSteps steps between evaluations for strategy {@code steps}; {@code logging_steps} if
 *     absent
 * @param saveTotalLimit how many checkpoints to keep; the best one is kept beyond it
 * @param groupByLength whether rows of similar length share a batch
 * @param dataloaderDropLast whether a last batch of fewer rows is left out, in training and in
 *     evaluation
 * @param bf16 whether the weights of matrix products are rounded, see {@link RoundedWeights}
 * @param labelSmoothingFactor the share of the target that is spread over the whole vocabulary, in
 *     training and in {@code eval_loss}
 * @param lossReduction how the losses of an accumulation group are joined
 * @param earlyStopping when to give up, if ever
 * @param nonFinite what to do when loss or gradient is not a finite number
 * @param eventFiles where event files for TensorBoard go, relative to the output folder; none if
 *     empty
 */
public record TrainingArguments(
    int perDeviceTrainBatchSize,
    int perDeviceEvalBatchSize,
    int gradientAccumulationSteps,
    double numTrainEpochs,
    int maxSteps,
    double learningRate,
    double weightDecay,
    double adamBeta1,
    double adamBeta2,
    double adamEpsilon,
    double maxGradNorm,
    String lrSchedulerType,
    double minLrRate,
    double polynomialPower,
    double polynomialEndRate,
    double numCycles,
    int warmupSteps,
    double warmupRatio,
    Strategy evalStrategy,
    int evalSteps,
    Strategy saveStrategy,
    int saveSteps,
    OptionalInt saveTotalLimit,
    Strategy loggingStrategy,
    int loggingSteps,
    boolean loggingFirstStep,
    boolean evalOnStart,
    boolean loadBestModelAtEnd,
    String metricForBestModel,
    boolean greaterIsBetter,
    long seed,
    long dataSeed,
    boolean groupByLength,
    boolean dataloaderDropLast,
    boolean gradientCheckpointing,
    boolean bf16,
    double labelSmoothingFactor,
    LossReduction lossReduction,
    Optional<EarlyStopping> earlyStopping,
    NonFinitePolicy nonFinite,
    Optional<String> eventFiles,
    Optional<String> resumeFromCheckpoint) {

  /** When something is due. */
  public enum Strategy {
    NO,
    STEPS,
    EPOCH
  }

  /** How the losses of an accumulation group are joined. */
  public enum LossReduction {
    /**
     * The sum over all tokens of the group, divided by their number: transformers 4.46 and later.
     */
    TOKENS,
    /**
     * The mean over micro-batches of their means: transformers 4.44. Groups run on across the end
     * of an epoch, as there.
     */
    MEAN_OF_MEANS
  }

  private static final SequencedMap<String, Strategy> STRATEGIES = new LinkedHashMap<>();
  private static final SequencedMap<String, LossReduction> REDUCTIONS = new LinkedHashMap<>();

  private static final SequencedMap<String, String> SCHEDULES = new LinkedHashMap<>();

  static {
    Schedule.NAMES.forEach(name -> SCHEDULES.put(name, name));
    STRATEGIES.put("no", Strategy.NO);
    STRATEGIES.put("steps", Strategy.STEPS);
    STRATEGIES.put("epoch", Strategy.EPOCH);
    REDUCTIONS.put("tokens", LossReduction.TOKENS);
    REDUCTIONS.put("mean_of_means", LossReduction.MEAN_OF_MEANS);
  }

  /**
   * Reads the object.
   *
   * @throws dev.gatun.core.ConfigurationException naming the key
   */
  public static TrainingArguments read(JsonFields fields) {
    ForeignArguments.check(fields);
    int loggingSteps = fields.positive("logging_steps", 500);
    double learningRate = notNegative(fields, "learning_rate", 5e-5);
    Optional<JsonFields> kwargs = fields.object("lr_scheduler_kwargs");
    boolean restarts = fields.text("lr_scheduler_type", "").equals("cosine_with_restarts");
    long seed = fields.longInteger("seed", 42);
    String metric = metric(fields);
    return new TrainingArguments(
            fields.positive("per_device_train_batch_size", 8),
            fields.positive("per_device_eval_batch_size", 8),
            fields.positive("gradient_accumulation_steps", 1),
            notNegative(fields, "num_train_epochs", 3),
            fields.integer("max_steps", -1),
            learningRate,
            notNegative(fields, "weight_decay", 0),
            fields.number("adam_beta1", 0.9),
            fields.number("adam_beta2", 0.999),
            fields.number("adam_epsilon", 1e-8),
            notNegative(fields, "max_grad_norm", 1),
            fields.choice("lr_scheduler_type", SCHEDULES, "linear"),
            kwargs.map(k -> minLrRate(k, learningRate)).orElse(0.0),
            kwargs.map(k -> k.number("power", 1)).orElse(1.0),
            kwargs.map(k -> k.number("lr_end", 1e-7)).orElse(1e-7) / learningRate,
            kwargs.filter(k -> restarts).map(k -> k.number("num_cycles", 1)).orElse(1.0),
            warmupSteps(fields),
            warmupRatio(fields),
            fields.choice(strategyKey(fields), STRATEGIES, "no"),
            fields.positive("eval_steps", loggingSteps),
            fields.choice("save_strategy", STRATEGIES, "steps"),
            fields.positive("save_steps", 500),
            fields.optionalInteger("save_total_limit"),
            fields.choice("logging_strategy", STRATEGIES, "steps"),
            loggingSteps,
            fields.flag("logging_first_step", false),
            fields.flag("eval_on_start", false),
            fields.flag("load_best_model_at_end", false),
            metric,
            fields.optionalFlag("greater_is_better").orElse(metric.equals("eval_accuracy")),
            seed,
            fields.longInteger("data_seed", seed),
            fields.flag("group_by_length", false),
            fields.flag("dataloader_drop_last", false),
            fields.flag("gradient_checkpointing", false),
            fields.flag("bf16", false),
            share(fields, "label_smoothing_factor"),
            fields.choice("loss_reduction", REDUCTIONS, "tokens"),
            EarlyStopping.read(fields),
            NonFinitePolicy.read(fields),
            EventFiles.folder(fields),
            resume(fields))
        .checked(fields);
  }

  /** Refuses combinations that could not do what was asked for. */
  private TrainingArguments checked(JsonFields fields) {
    if (earlyStopping.isPresent() && evalStrategy == Strategy.NO) {
      throw fields.error("early_stopping_patience", "needs evaluations: set eval_strategy");
    }
    if (!loadBestModelAtEnd) {
      return this;
    }
    if (evalStrategy == Strategy.NO || evalStrategy != saveStrategy) {
      throw fields.error(
          "load_best_model_at_end", "needs eval_strategy and save_strategy to be the same");
    }
    if (evalStrategy == Strategy.STEPS && saveSteps % evalSteps != 0) {
      throw fields.error(
          "load_best_model_at_end",
          "needs save_steps to be a multiple of eval_steps, but they are %d and %d"
              .formatted(saveSteps, evalSteps));
    }
    return this;
  }

  /** The optimiser's constants. */
  public AdamW.Settings adamW() {
    return new AdamW.Settings(adamBeta1, adamBeta2, adamEpsilon, weightDecay);
  }

  /** The learning rate schedule of a run of this many steps. */
  public Schedule schedule(int totalSteps) {
    int warmup = warmupSteps > 0 ? warmupSteps : (int) Math.ceil(totalSteps * warmupRatio);
    return Schedule.of(
        lrSchedulerType,
        warmup,
        totalSteps,
        minLrRate,
        polynomialPower,
        polynomialEndRate,
        numCycles);
  }

  /**
   * The number of steps of the run.
   *
   * @param microBatches of one epoch
   */
  int totalSteps(int microBatches) {
    return maxSteps > 0 ? maxSteps : (int) Math.ceil(numTrainEpochs * stepsPerEpoch(microBatches));
  }

  /** The number of steps of one epoch: a short last group is a step of its own, or runs on. */
  int stepsPerEpoch(int microBatches) {
    return switch (lossReduction) {
      case TOKENS -> Math.ceilDiv(microBatches, gradientAccumulationSteps);
      case MEAN_OF_MEANS -> Math.max(1, microBatches / gradientAccumulationSteps);
    };
  }

  /** The name was {@code evaluation_strategy} up to transformers 4.40. */
  private static String strategyKey(JsonFields fields) {
    return fields.contains("evaluation_strategy") ? "evaluation_strategy" : "eval_strategy";
  }

  private static double minLrRate(JsonFields kwargs, double learningRate) {
    double rate = kwargs.number("min_lr_rate", 0);
    return kwargs.has("min_lr") ? kwargs.number("min_lr") / learningRate : rate;
  }

  /** {@code true} continues from the newest checkpoint of the output folder, a text names one. */
  private static Optional<String> resume(JsonFields fields) {
    if (fields.node().path("resume_from_checkpoint").isBoolean()) {
      return fields.flag("resume_from_checkpoint", false) ? Optional.of("") : Optional.empty();
    }
    return fields.optionalText("resume_from_checkpoint");
  }

  /** A value below 1 is a ratio, as in transformers 5. */
  private static int warmupSteps(JsonFields fields) {
    double value = notNegative(fields, "warmup_steps", 0);
    if (value > 0 && value < 1) {
      return 0;
    }
    return fields.integer("warmup_steps", 0);
  }

  private static double warmupRatio(JsonFields fields) {
    double steps = fields.number("warmup_steps", 0);
    return steps > 0 && steps < 1 ? steps : share(fields, "warmup_ratio");
  }

  private static double share(JsonFields fields, String key) {
    double value = notNegative(fields, key, 0);
    if (value > 1) {
      throw fields.error(key, "must be between 0 and 1, but is " + value);
    }
    return value;
  }

  /** With or without the prefix, as in transformers. */
  private static String metric(JsonFields fields) {
    String key = "metric_for_best_model";
    String name = fields.optionalText(key).orElse("loss");
    String full = name.startsWith("eval_") ? name : "eval_" + name;
    if (!Evaluation.METRICS.contains(full)) {
      throw fields.error(
          key, "is '%s'; it is one of %s".formatted(name, String.join(", ", Evaluation.METRICS)));
    }
    return full;
  }

  private static double notNegative(JsonFields fields, String key, double absent) {
    double value = fields.number(key, absent);
    if (value < 0) {
      throw fields.error(key, "must not be negative, but is " + value);
    }
    return value;
  }
}
