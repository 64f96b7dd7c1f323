package dev.gatun.train;

import dev.gatun.data.Batch;
import dev.gatun.data.Collator;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.Generator;
import dev.gatun.memory.PlannedStorage;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.op.Profile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What a run will take, found by running it without data and without memory: the model, a step with
 * the largest batch that its configuration allows, an evaluation and the samples, all in {@link
 * PlannedStorage}.
 *
 * @param regions what each region takes, by name
 * @param peakBytes the most that all regions together have reserved at one time
 * @param parameters elements of all parameters
 * @param trained elements of those that are trained
 * @param batch rows of a micro-batch
 * @param length tokens of its rows
 * @param microBatches of a step
 * @param gradientCheckpointing whether activations are computed again
 * @param operations of one step
 * @param steps of the run, where the configuration says how many
 * @param notes what a reader should know
 */
public record RunPlan(
    Map<String, PlannedStorage.Use> regions,
    long peakBytes,
    long parameters,
    long trained,
    int batch,
    int length,
    int microBatches,
    boolean gradientCheckpointing,
    List<Profile.Row> operations,
    OptionalInt steps,
    List<String> notes) {

  /**
   * Plans a run.
   *
   * @param writers the configuration of the run that writes a folder, if one is known
   * @param vocabSize the number of token ids, where there is no tokenizer to tell it
   */
  public static RunPlan of(
      RunConfig config, Function<Path, Optional<RunConfig>> writers, OptionalInt vocabSize) {
    return config.named(() -> planned(config, writers, vocabSize));
  }

  private static RunPlan planned(
      RunConfig config, Function<Path, Optional<RunConfig>> writers, OptionalInt vocabSize) {
    TrainingArguments arguments = config.training();
    PlannedStorage memory = new PlannedStorage();
    PlannedModel models = new PlannedModel(writers, vocabSize);
    Profile profile = new Profile();
    long parameters;
    long trained;
    try (Region region = new Region("model", memory)) {
      TrainedModel model = models.of(config, region);
      PreparedModel prepared = PreparedModel.of(model, arguments, region);
      parameters = model.all().stream().mapToLong(p -> p.shape().elements()).sum();
      trained = model.trained().trainableCount();
      try (TrainingStep step = prepared.step(arguments)) {
        List<Batch> group =
            Collections.nCopies(
                arguments.gradientAccumulationSteps(),
                batch(config, arguments.perDeviceTrainBatchSize(), config.data().packing()));
        List<Double> scales = Collections.nCopies(group.size(), 1.0);
        profile.of(() -> step.run(group, scales, 0));
        evaluate(config, prepared);
        sample(config, models, model.model());
      }
    }
    return new RunPlan(
        memory.regions(),
        memory.peak(),
        parameters,
        trained,
        arguments.perDeviceTrainBatchSize(),
        config.data().contextLength(),
        arguments.gradientAccumulationSteps(),
        arguments.gradientCheckpointing(),
        profile.rows(),
        arguments.maxSteps() > 0 ? OptionalInt.of(arguments.maxSteps()) : OptionalInt.empty(),
        models.notes());
  }

  /** Tokens of one step. */
  public long tokensPerStep() {
    return (long) batch * length * microBatches;
  }

  private static void evaluate(RunConfig config, PreparedModel prepared) {
    TrainingArguments arguments = config.training();
    boolean evaluates =
        arguments.evalOnStart() || arguments.evalStrategy() != TrainingArguments.Strategy.NO;
    if (evaluates && config.data().hasValidation()) {
      Batch batch = batch(config, arguments.perDeviceEvalBatchSize(), config.data().evalPacking());
      CausalLm model = prepared.trained().model();
      prepared
          .weights()
          .during(() -> Evaluation.of(model, List.of(batch), 0, arguments.labelSmoothingFactor()));
    }
  }

  /** The first token of each sample: what follows needs less, and the cache is there already. */
  private static void sample(RunConfig config, PlannedModel models, CausalLm model) {
    GenerationConfig generation = config.samples().generation();
    for (String text : config.samples().prompts()) {
      Generator.Prompt prompt = Generator.Prompt.of(new int[models.length(config, text)], 0);
      new Generator(model).generate(List.of(prompt), generation, (_, _) -> false);
    }
  }

  private static Batch batch(RunConfig config, int rows, boolean packed) {
    int length = config.data().contextLength();
    int[] lengths = new int[rows];
    Arrays.fill(lengths, length);
    int[] labels = new int[Math.multiplyExact(rows, length)];
    Arrays.fill(labels, Collator.IGNORED);
    int[] ids = new int[labels.length];
    return new Batch(ids, labels, lengths, packed ? new int[ids.length] : null, rows, length, 1);
  }
}
