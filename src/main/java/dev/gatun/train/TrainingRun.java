package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.DeviceException;
import dev.gatun.data.Batches;
import dev.gatun.data.Packing;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.TextGenerator;
import dev.gatun.hub.Json;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.model.CausalLm;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * A run from its configuration to its results: tokenizer, data, model, training, final model.
 *
 * <p>The output folder then holds {@code run.json} (the configuration as it was understood), {@code
 * metrics.jsonl}, the {@code checkpoint-N} folders, and the final model with its tokenizer.
 */
public final class TrainingRun {
  /** How a run ended. */
  public enum Outcome {
    COMPLETED,
    /** A stop was requested and everything is saved. */
    STOPPED
  }

  private final RunConfig config;
  private final Storage storage;
  private final RunListener listener;
  private final BooleanSupplier stopRequested;
  private final Checkpoints checkpoints;

  /** A run on the host; see the other constructor. */
  public TrainingRun(RunConfig config, RunListener listener, BooleanSupplier stopRequested) {
    this(config, HostStorage.HOST, listener, stopRequested);
  }

  /**
   * @param storage of the device that the run computes on
   * @param stopRequested asked after every step: whether to save and stop
   */
  public TrainingRun(
      RunConfig config, Storage storage, RunListener listener, BooleanSupplier stopRequested) {
    this.config = config;
    this.storage = storage;
    this.listener = listener;
    this.stopRequested = stopRequested;
    this.checkpoints = new Checkpoints(config.outputDir(), config.training().saveTotalLimit());
  }

  /** Whether a run has been begun before and can be continued. */
  public static boolean hasCheckpoint(RunConfig config) {
    return new Checkpoints(config.outputDir(), config.training().saveTotalLimit())
        .newest()
        .isPresent();
  }

  /** Runs it. */
  public Outcome run() {
    return config.named(this::runUnnamed);
  }

  private Outcome runUnnamed() {
    config.requireModel();
    prepareOutput();
    Optional<Path> resumed = checkpointToResume();
    Texts texts = Texts.of(config.data(), config.training().seed());
    TokenizerFolder tokenizer = TokenizerSetup.of(config, texts, resumed, listener);
    TrainingData data = TrainingData.of(config.data(), texts, tokenizer);
    try (Region region = new Region("model", storage)) {
      TrainedModel trained = ModelSetup.of(config, tokenizer, resumed, region, listener);
      describe(tokenizer, data, trained.model());
      return train(texts, tokenizer, data, trained, resumed, region);
    }
  }

  private Outcome train(
      Texts texts,
      TokenizerFolder tokenizer,
      TrainingData data,
      TrainedModel trained,
      Optional<Path> resumed,
      Region region) {
    TrainingArguments arguments = config.training();
    CausalLm model = trained.model();
    PreparedModel prepared = PreparedModel.of(trained, arguments, region);
    CheckpointContents contents =
        new CheckpointContents(trained, tokenizer, prepared.optimizer(), config.resolved());
    TrainerState state = resumed.map(contents::restore).orElseGet(TrainerState::new);
    Metrics metrics = metrics(state);
    TextGenerator generator = new TextGenerator(model, tokenizer.tokenizer());
    Probe probe = new Probe(config, texts, generator, generation(tokenizer), listener);
    if (resumed.isEmpty()) {
      probe.run("before training", metrics, state);
    }
    Saving saving = new Saving(contents, tokenizer.tokenizer(), resumed);
    try (TrainingStep step = prepared.step(arguments)) {
      Trainer trainer =
          new Trainer(
              arguments,
              step,
              trainBatches(data, tokenizer),
              () -> evaluate(model, prepared.weights(), data, tokenizer, probe),
              saving,
              metrics,
              listener,
              stopRequested,
              state);
      if (train(trainer, saving) == Trainer.Outcome.STOPPED) {
        listener.message("stopped on request; continue with --resume");
        return Outcome.STOPPED;
      }
      listener.message(
          String.format(
              Locale.ROOT,
              "memory: model %,d MB with gradients and moments, step %,d MB",
              region.peak() >> 20,
              step.peakBytes() >> 20));
    }
    finish(trained, contents, state);
    probe.run("after training", metrics, state);
    if (config.digest()) {
      listener.message("digest " + Digest.of(trained.all()));
    }
    return Outcome.COMPLETED;
  }

  /** A device that fails takes what it has learnt with it; the checkpoints remain. */
  private static Trainer.Outcome train(Trainer trainer, Saving saving) {
    try {
      return trainer.train();
    } catch (DeviceException e) {
      String rest =
          saving
              .newest
              .map(path -> path + " holds the run up to there: continue with --resume")
              .orElse("no checkpoint was written before: begin again");
      throw new DeviceException(
          e.getMessage() + "; " + rest + ", with --cuda-sync to learn which kernel failed", e);
    }
  }

  /** Loads the best checkpoint if asked to, and saves the final model where a user looks for it. */
  private void finish(TrainedModel trained, CheckpointContents contents, TrainerState state) {
    String best = state.bestModelCheckpoint();
    if (config.training().loadBestModelAtEnd() && best != null) {
      trained.load(Path.of(best));
      listener.message("the best model is that of " + best + ", metric " + state.bestMetric());
      if (config.training().saveTotalLimit().orElse(0) == 1) {
        checkpoints.keepOnly(best); // as transformers does: no further step will need the newest
      }
    }
    contents.writeModel(config.outputDir());
    listener.message("saved the model to " + config.outputDir());
  }

  private Optional<Evaluation> evaluate(
      CausalLm model,
      RoundedWeights weights,
      TrainingData data,
      TokenizerFolder tokenizer,
      Probe probe) {
    if (data.validation().isEmpty()) {
      return Optional.empty();
    }
    Batches.Options options =
        Batches.Options.inOrder(
                config.training().perDeviceEvalBatchSize(), TrainingData.pad(tokenizer))
            .droppingLast(config.training().dataloaderDropLast());
    Packing rows = config.data().packed(data.validation().get(), config.data().evalPacking());
    Batches batches = new Batches(rows, data.collator(), options);
    Evaluation result =
        weights.during(
            () ->
                Evaluation.of(
                    model,
                    batches.epoch(0),
                    data.bytesPerToken(),
                    config.training().labelSmoothingFactor()));
    probe.samples();
    return Optional.of(result);
  }

  private Batches trainBatches(TrainingData data, TokenizerFolder tokenizer) {
    TrainingArguments arguments = config.training();
    Batches.Order order =
        arguments.groupByLength() ? Batches.Order.GROUPED_BY_LENGTH : Batches.Order.SHUFFLED;
    Packing rows = config.data().packed(data.train(), config.data().packing());
    if (config.data().packing()) {
      listener.message(
          String.format(
              Locale.ROOT,
              "packed %,d texts into %,d rows of up to %,d tokens",
              data.train().size(),
              rows.size(),
              rows.longest()));
    }
    return new Batches(
        rows,
        data.collator(),
        new Batches.Options(
            arguments.perDeviceTrainBatchSize(),
            TrainingData.pad(tokenizer),
            1,
            order,
            arguments.dataSeed(),
            arguments.dataloaderDropLast()));
  }

  private Metrics metrics(TrainerState state) {
    Metrics metrics =
        new Metrics(
            config.outputDir(), config.training().eventFiles().map(config.outputDir()::resolve));
    metrics.continueAfter(state.globalStep());
    if (state.globalStep() > 0) {
      listener.message("continuing after step " + state.globalStep());
    }
    return metrics;
  }

  private void prepareOutput() {
    try {
      Files.createDirectories(config.outputDir());
    } catch (IOException e) {
      throw new ConfigurationException(
          "run.output_dir: " + config.outputDir() + " cannot be made: " + e.getMessage(), e);
    }
    checkpoints.removeUnfinished();
    Json.write(config.outputDir().resolve("run.json"), config.resolved());
  }

  private Optional<Path> checkpointToResume() {
    Optional<String> wanted = config.training().resumeFromCheckpoint();
    if (wanted.isEmpty()) {
      return Optional.empty();
    }
    Path checkpoint =
        wanted.get().isEmpty()
            ? checkpoints
                .newest()
                .orElseThrow(
                    () ->
                        new DataException(
                            config.outputDir() + ": there is no checkpoint to resume from"))
            : Path.of(wanted.get());
    Checkpoints.verify(checkpoint);
    return Optional.of(checkpoint);
  }

  private void describe(TokenizerFolder tokenizer, TrainingData data, CausalLm model) {
    listener.message(
        String.format(
            Locale.ROOT,
            "%s of %,d parameters, vocabulary %,d; %,d training tokens in %,d rows, %,d held out",
            model.config().modelType(),
            model.parameters().count(),
            tokenizer.tokenizer().vocabSize(),
            data.train().tokens(),
            data.train().size(),
            data.validation().map(rows -> rows.tokens()).orElse(0L)));
    String report = data.report().describe();
    if (!report.isEmpty()) {
      listener.message("data: of %,d texts, %s".formatted(data.report().texts(), report));
    }
  }

  private GenerationConfig generation(TokenizerFolder tokenizer) {
    GenerationConfig asked = config.samples().generation();
    OptionalInt eos = tokenizer.eosTokenId();
    return asked.eosTokenIds().isEmpty() && eos.isPresent()
        ? asked.withEosTokenIds(List.of(eos.getAsInt()))
        : asked;
  }

  /** Checkpoints of this run. */
  private final class Saving implements Trainer.Saver {
    private final CheckpointContents contents;
    private final Tokenizer tokenizer;
    private Optional<Path> newest;

    Saving(CheckpointContents contents, Tokenizer tokenizer, Optional<Path> resumed) {
      this.contents = contents;
      this.tokenizer = tokenizer;
      this.newest = resumed;
    }

    @Override
    public Path folder(int step) {
      return checkpoints.folder(step);
    }

    @Override
    public void save(TrainerState state) {
      Path saved = checkpoints.save(state.globalStep(), folder -> contents.write(folder, state));
      newest = Optional.of(saved);
      checkpoints.rotate(state.bestModelCheckpoint());
    }

    @Override
    public Optional<TrainerState> restoreNewest() {
      newest.ifPresent(Checkpoints::verify);
      newest.ifPresent(contents::restoreModel);
      return newest.map(contents::restore);
    }

    @Override
    public String keep(OffendingGroup group, String reason) {
      Path file = config.outputDir().resolve("nonfinite-" + group.step() + ".json");
      group.write(file, reason, ids -> tokenizer.decode(ids, false));
      return file.toString();
    }
  }
}
