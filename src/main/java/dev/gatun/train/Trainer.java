package dev.gatun.train;

import dev.gatun.data.Batch;
import dev.gatun.data.Batches;
import dev.gatun.optim.Schedule;
import dev.gatun.train.TrainingArguments.LossReduction;
import dev.gatun.train.TrainingArguments.Strategy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The training loop.
 *
 * <pre>
 *   until all steps are done or somebody asks to stop:
 *     read a group of micro-batches
 *     forward, backward, clip, update                      TrainingStep
 *     log, evaluate, save, as far as they are due
 * </pre>
 *
 * <p>Everything that a later step depends on is in {@link TrainerState} and the optimiser, and both
 * are in every checkpoint: a run that was stopped and resumed computes the same bits as one that
 * was not.
 */
final class Trainer {
  /** How a run ended. */
  enum Outcome {
    COMPLETED,
    STOPPED
  }

  /** Saves everything that a run needs to go on. */
  interface Saver {
    /** The folder of the checkpoint after a step. */
    Path folder(int step);

    /** Writes the checkpoint of the current step and deletes those that are no longer wanted. */
    void save(TrainerState state);
  }

  private final TrainingArguments arguments;
  private final TrainingStep step;
  private final Batches batches;
  private final Supplier<Optional<Evaluation>> evaluation;
  private final Saver saver;
  private final Metrics metrics;
  private final RunListener listener;
  private final BooleanSupplier stopRequested;
  private final TrainerState state;

  private double lossSinceLog;
  private int stepsSinceLog;
  private long tokensSinceLog;
  private long logStarted = System.nanoTime();

  /** Nanoseconds of evaluation and saving since the last log, which do not count as training. */
  private long notTraining;

  /**
   * @param evaluation scores the model on held-out text, if there is any
   * @param stopRequested asked after every step
   * @param state where the run stands: fresh, or read from a checkpoint
   */
  Trainer(
      TrainingArguments arguments,
      TrainingStep step,
      Batches batches,
      Supplier<Optional<Evaluation>> evaluation,
      Saver saver,
      Metrics metrics,
      RunListener listener,
      BooleanSupplier stopRequested,
      TrainerState state) {
    this.arguments = arguments;
    this.step = step;
    this.batches = batches;
    this.evaluation = evaluation;
    this.saver = saver;
    this.metrics = metrics;
    this.listener = listener;
    this.stopRequested = stopRequested;
    this.state = state;
  }

  /** Trains to the end, or to the step after which a stop was requested. */
  Outcome train() {
    int totalSteps = arguments.totalSteps(batches.perEpoch());
    Schedule schedule = arguments.schedule(totalSteps);
    Batches.Cursor cursor = batches.from(state.position());
    while (state.globalStep() < totalSteps) {
      List<Batch> group = nextGroup(cursor);
      double learningRate = arguments.learningRate() * schedule.factor(state.globalStep());
      StepReport report = step.run(group, scales(group), learningRate);
      state.advance(cursor.position(), epoch(cursor), report.tokens());
      count(report);
      listener.step(state.globalStep(), totalSteps, report);

      boolean epochEnded = cursor.position().batch() == 0;
      boolean last = state.globalStep() == totalSteps;
      if (last || state.globalStep() % arguments.loggingSteps() == 0) {
        log(report);
      }
      Optional<Evaluation> scored = Optional.empty();
      if (due(arguments.evalStrategy(), arguments.evalSteps(), epochEnded, last)) {
        scored = evaluate();
      }
      boolean stop = stopRequested.getAsBoolean() && !last;
      if (stop || due(arguments.saveStrategy(), arguments.saveSteps(), epochEnded, last)) {
        save(scored);
      }
      if (stop) {
        return Outcome.STOPPED;
      }
    }
    return Outcome.COMPLETED;
  }

  /** The micro-batches of one step; with {@code TOKENS} a group ends with the epoch. */
  private List<Batch> nextGroup(Batches.Cursor cursor) {
    List<Batch> group = new ArrayList<>();
    do {
      group.add(cursor.next());
    } while (group.size() < arguments.gradientAccumulationSteps()
        && !(arguments.lossReduction() == LossReduction.TOKENS && cursor.position().batch() == 0));
    return group;
  }

  private List<Double> scales(List<Batch> group) {
    return LossScale.of(group, arguments.lossReduction(), arguments.gradientAccumulationSteps());
  }

  private double epoch(Batches.Cursor cursor) {
    return cursor.position().epoch() + cursor.position().batch() / (double) batches.perEpoch();
  }

  private boolean due(Strategy strategy, int every, boolean epochEnded, boolean last) {
    return switch (strategy) {
      case NO -> false;
      case STEPS -> last || state.globalStep() % every == 0;
      case EPOCH -> last || epochEnded;
    };
  }

  private void count(StepReport report) {
    lossSinceLog += report.loss();
    stepsSinceLog++;
    tokensSinceLog += report.tokens();
  }

  private void log(StepReport report) {
    double seconds = (System.nanoTime() - logStarted - notTraining) / 1e9;
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", lossSinceLog / stepsSinceLog);
    figures.put("grad_norm", report.gradNorm());
    figures.put("learning_rate", report.learningRate());
    figures.put("tokens_per_second", tokensSinceLog / seconds);
    record(figures);
    lossSinceLog = 0;
    stepsSinceLog = 0;
    tokensSinceLog = 0;
    notTraining = 0;
    logStarted = System.nanoTime();
  }

  private Optional<Evaluation> evaluate() {
    long started = System.nanoTime();
    Optional<Evaluation> result = evaluation.get();
    result.ifPresent(scored -> record(scored.metrics()));
    notTraining += System.nanoTime() - started;
    return result;
  }

  /** Saves; a checkpoint that was scored at this step may be the best so far. */
  private void save(Optional<Evaluation> scored) {
    long started = System.nanoTime();
    Path checkpoint = saver.folder(state.globalStep());
    scored
        .map(result -> result.metrics().get(arguments.metricForBestModel()))
        .ifPresent(
            metric -> state.offerBest(metric, arguments.greaterIsBetter(), checkpoint.toString()));
    saver.save(state);
    listener.saved(checkpoint);
    notTraining += System.nanoTime() - started;
  }

  private void record(Map<String, Double> figures) {
    Map<String, Double> entry = state.log(figures);
    metrics.append(entry);
    listener.log(entry);
  }
}
