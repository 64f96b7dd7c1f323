package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.NotFiniteException;
import dev.gatun.data.Batch;
import dev.gatun.data.Batches;
import dev.gatun.optim.Schedule;
import dev.gatun.train.TrainingArguments.LossReduction;
import dev.gatun.train.TrainingArguments.Strategy;
import java.nio.file.Path;
import java.util.ArrayList;
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
 *     forward, backward, clip, update                      TrainingStep
 *       meanwhile: read the next group of micro-batches and send it to the device
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

    /** Parameters and moments become those of the newest checkpoint, if there is one. */
    Optional<TrainerState> restoreNewest();

    /** Writes batches that a run cannot go on with; returns where. */
    String keep(OffendingGroup group, String reason);
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

  private final LogWindow window = new LogWindow();

  /** What the step after this one computes with; it is read while this one is computed. */
  private Optional<Group> next = Optional.empty();

  /** The micro-batches of a step, and where they are in the data. */
  private record Group(Batches.Position from, List<Batch> batches, Batches.Position to) {}

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

  /** Trains to the end, to the end of its patience, or until a stop was requested. */
  Outcome train() {
    int totalSteps = arguments.totalSteps(batches.perEpoch());
    Schedule schedule = arguments.schedule(totalSteps);
    state.plan(new TrainerState.Plan(arguments, totalSteps));
    Batches.Cursor cursor = batches.from(state.position());
    if (arguments.evalOnStart() && state.globalStep() == 0) {
      evaluate();
    }
    next = state.globalStep() < totalSteps ? Optional.of(read(cursor)) : Optional.empty();
    while (next.isPresent()) {
      Group group = next.get();
      boolean last = state.globalStep() + 1 == totalSteps;
      Optional<StepReport> done;
      try {
        double learningRate = arguments.learningRate() * schedule.factor(state.globalStep());
        done =
            step.run(
                group.batches(),
                scales(group.batches()),
                learningRate,
                stopRequested,
                () -> next = last ? Optional.empty() : Optional.of(ahead(cursor)));
      } catch (NotFiniteException e) {
        leaveOut(group, e);
        next = Optional.of(next.isPresent() ? next.get() : read(cursor));
        continue;
      }
      if (done.isEmpty()) {
        // Stopped between two micro-batches: the step is not made, and its group is read again.
        save(Optional.empty());
        return Outcome.STOPPED;
      }
      state.advance(group.to(), epoch(group.to()), done.get().tokens());
      window.add(done.get());
      listener.step(state.globalStep(), totalSteps, done.get());
      Progress progress = afterStep(done.get(), totalSteps, group.to().batch() == 0);
      if (progress != Progress.ON) {
        return progress == Progress.STOPPED ? Outcome.STOPPED : Outcome.COMPLETED;
      }
    }
    return Outcome.COMPLETED;
  }

  private enum Progress {
    ON,
    OUT_OF_PATIENCE,
    STOPPED
  }

  /** Logs, evaluates and saves, as far as they are due. */
  private Progress afterStep(StepReport report, int totalSteps, boolean epochEnded) {
    boolean last = state.globalStep() == totalSteps;
    boolean first = arguments.loggingFirstStep() && state.globalStep() == 1;
    if (first || due(arguments.loggingStrategy(), arguments.loggingSteps(), epochEnded, last)) {
      record(window.close(report));
    }
    Optional<Evaluation> scored = Optional.empty();
    if (due(arguments.evalStrategy(), arguments.evalSteps(), epochEnded, last)) {
      scored = evaluate();
    }
    boolean outOfPatience = scored.isPresent() && outOfPatience(scored.get()) && !last;
    boolean stop = stopRequested.getAsBoolean() && !last;
    if (stop
        || outOfPatience
        || due(arguments.saveStrategy(), arguments.saveSteps(), epochEnded, last)) {
      save(scored);
    }
    return stop ? Progress.STOPPED : outOfPatience ? Progress.OUT_OF_PATIENCE : Progress.ON;
  }

  private boolean outOfPatience(Evaluation scored) {
    if (arguments.earlyStopping().isEmpty()) {
      return false;
    }
    EarlyStopping rule = arguments.earlyStopping().get();
    state.progress(rule.after(state.progress(), metric(scored), arguments.greaterIsBetter()));
    if (rule.isOver(state.progress())) {
      listener.message(
          "early stopping at step %d: no progress of %s in %d evaluations"
              .formatted(state.globalStep(), arguments.metricForBestModel(), rule.patience()));
    }
    return rule.isOver(state.progress());
  }

  private double metric(Evaluation scored) {
    String name = arguments.metricForBestModel();
    Map<String, Double> metrics = scored.metrics();
    if (!metrics.containsKey(name)) {
      throw new ConfigurationException(
          "training.metric_for_best_model: there is no metric '%s'; it is one of %s"
              .formatted(name, String.join(", ", metrics.keySet())));
    }
    return metrics.get(name);
  }

  /** Goes on without a group whose loss or gradient was not finite, or gives up. */
  private void leaveOut(Group left, NotFiniteException failure) {
    OffendingGroup group = new OffendingGroup(state.globalStep() + 1, left.from(), left.batches());
    String where = saver.keep(group, String.valueOf(failure.getMessage()));
    NonFinitePolicy policy = arguments.nonFinite();
    String advice = "; the batches of step %d are in %s".formatted(group.step(), where);
    if (policy.action() == NonFinitePolicy.Action.STOP) {
      throw new NotFiniteException(failure.getMessage() + advice, failure);
    }
    if (state.nonFinite() >= policy.budget()) {
      throw new NotFiniteException(
          "%s%s; %d groups were left out before, which is the whole nonfinite_budget"
              .formatted(failure.getMessage(), advice, state.nonFinite()),
          failure);
    }
    if (policy.action() == NonFinitePolicy.Action.ROLLBACK) {
      saver.restoreNewest().ifPresent(this::rollBack);
    }
    state.leaveOut(left.to());
    listener.message(
        "step %d was left out: loss or gradient is not finite; going on after step %d, the batches"
                .formatted(group.step(), state.globalStep())
            + " are in "
            + where);
  }

  private void rollBack(TrainerState earlier) {
    state.rollBack(earlier);
    metrics.continueAfter(state.globalStep());
  }

  /** The micro-batches of one step; with {@code TOKENS} a group ends with the epoch. */
  private Group read(Batches.Cursor cursor) {
    Batches.Position from = cursor.position();
    List<Batch> group = new ArrayList<>();
    do {
      group.add(cursor.next());
    } while (group.size() < arguments.gradientAccumulationSteps()
        && !(arguments.lossReduction() == LossReduction.TOKENS && cursor.position().batch() == 0));
    return new Group(from, group, cursor.position());
  }

  /** The same of the next step, sent ahead while this one is computed. */
  private Group ahead(Batches.Cursor cursor) {
    Group group = read(cursor);
    step.send(group.batches());
    return group;
  }

  private List<Double> scales(List<Batch> group) {
    return LossScale.of(group, arguments.lossReduction(), arguments.gradientAccumulationSteps());
  }

  private double epoch(Batches.Position position) {
    return position.epoch() + position.batch() / (double) batches.perEpoch();
  }

  private boolean due(Strategy strategy, int every, boolean epochEnded, boolean last) {
    return switch (strategy) {
      case NO -> false;
      case STEPS -> last || state.globalStep() % every == 0;
      case EPOCH -> last || epochEnded;
    };
  }

  private Optional<Evaluation> evaluate() {
    return window.pause(
        () -> {
          Optional<Evaluation> result = evaluation.get();
          result.ifPresent(scored -> record(scored.metrics()));
          return result;
        });
  }

  /** Saves; a checkpoint that was scored at this step may be the best so far. */
  private void save(Optional<Evaluation> scored) {
    window.pause(
        () -> {
          Path checkpoint = saver.folder(state.globalStep());
          scored.ifPresent(
              result ->
                  state.offerBest(
                      metric(result), arguments.greaterIsBetter(), checkpoint.toString()));
          saver.save(state);
          listener.saved(checkpoint);
          return checkpoint;
        });
  }

  private void record(Map<String, Double> figures) {
    Map<String, Double> entry = state.log(figures);
    metrics.append(entry);
    listener.log(entry);
  }
}
