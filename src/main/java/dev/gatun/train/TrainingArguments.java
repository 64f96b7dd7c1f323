package dev.gatun.train;

import dev.gatun.hub.JsonFields;
import dev.gatun.optim.AdamW;
import dev.gatun.optim.Schedule;
import java.util.LinkedHashMap;
import java.util.List;
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
 * @param lossReduction how the losses of an accumulation group are joined
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
    int warmupSteps,
    double warmupRatio,
    Strategy evalStrategy,
    int evalSteps,
    Strategy saveStrategy,
    int saveSteps,
    OptionalInt saveTotalLimit,
    int loggingSteps,
    boolean loadBestModelAtEnd,
    String metricForBestModel,
    boolean greaterIsBetter,
    long seed,
    long dataSeed,
    boolean groupByLength,
    boolean gradientCheckpointing,
    LossReduction lossReduction,
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

  /** Names of {@code TrainingArguments} that have a meaning there, but none here yet. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "bf16",
          "fp16",
          "tf32",
          "label_smoothing_factor",
          "optim",
          "neftune_noise_alpha",
          "deepspeed",
          "fsdp",
          "torch_compile",
          "push_to_hub",
          "auto_find_batch_size",
          "optim_args",
          "ignore_data_skip",
          "save_only_model",
          "eval_accumulation_steps",
          "dataloader_drop_last");

  /** Names of {@code TrainingArguments} whose value changes nothing here. */
  private static final String[] IRRELEVANT = {
    "report_to",
    "dataloader_num_workers",
    "dataloader_pin_memory",
    "disable_tqdm",
    "logging_dir",
    "remove_unused_columns",
    "overwrite_output_dir",
    "do_train",
    "do_eval",
    "run_name",
    "log_level"
  };

  private static final SequencedMap<String, Strategy> STRATEGIES = new LinkedHashMap<>();
  private static final SequencedMap<String, LossReduction> REDUCTIONS = new LinkedHashMap<>();

  static {
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
    refuseUnsupported(fields);
    fields.accept(IRRELEVANT);
    int loggingSteps = fields.positive("logging_steps", 500);
    double learningRate = notNegative(fields, "learning_rate", 5e-5);
    Optional<JsonFields> kwargs = fields.object("lr_scheduler_kwargs");
    long seed = fields.longInteger("seed", 42);
    String metric = fields.text("metric_for_best_model", "loss");
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
        fields.text("lr_scheduler_type", "linear"),
        kwargs.map(k -> minLrRate(k, learningRate)).orElse(0.0),
        kwargs.map(k -> k.number("power", 1)).orElse(1.0),
        kwargs.map(k -> k.number("lr_end", 1e-7)).orElse(1e-7) / learningRate,
        fields.integer("warmup_steps", 0),
        notNegative(fields, "warmup_ratio", 0),
        fields.choice(strategyKey(fields), STRATEGIES, "no"),
        fields.positive("eval_steps", loggingSteps),
        fields.choice("save_strategy", STRATEGIES, "steps"),
        fields.positive("save_steps", 500),
        fields.optionalInteger("save_total_limit"),
        loggingSteps,
        fields.flag("load_best_model_at_end", false),
        metric.startsWith("eval_") ? metric : "eval_" + metric,
        fields.flag("greater_is_better", !metric.endsWith("loss")),
        seed,
        fields.longInteger("data_seed", seed),
        fields.flag("group_by_length", false),
        fields.flag("gradient_checkpointing", false),
        fields.choice("loss_reduction", REDUCTIONS, "tokens"),
        resume(fields));
  }

  /** The optimiser's constants. */
  public AdamW.Settings adamW() {
    return new AdamW.Settings(adamBeta1, adamBeta2, adamEpsilon, weightDecay);
  }

  /** The learning rate schedule of a run of this many steps. */
  public Schedule schedule(int totalSteps) {
    int warmup = warmupSteps > 0 ? warmupSteps : (int) Math.ceil(totalSteps * warmupRatio);
    return Schedule.of(
        lrSchedulerType, warmup, totalSteps, minLrRate, polynomialPower, polynomialEndRate);
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

  private static void refuseUnsupported(JsonFields fields) {
    for (String name : UNSUPPORTED) {
      boolean off = fields.node().path(name).asText("").matches("|false|0|0\\.0|null|adamw_torch");
      if (fields.has(name) && !off) {
        throw fields.error(
            name, "is a known training argument that Gatun does not support yet; remove it");
      }
    }
    fields.accept(UNSUPPORTED.toArray(String[]::new));
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

  private static double notNegative(JsonFields fields, String key, double absent) {
    double value = fields.number(key, absent);
    if (value < 0) {
      throw fields.error(key, "must not be negative, but is " + value);
    }
    return value;
  }
}
