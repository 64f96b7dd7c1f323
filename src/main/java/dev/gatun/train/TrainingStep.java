package dev.gatun.train;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.NotFiniteException;
import dev.gatun.data.Batch;
import dev.gatun.device.Recordings;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.Mode;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.optim.AdamW;
import dev.gatun.optim.GradClip;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One optimiser step: forward and backward over each micro-batch of an accumulation group, clip,
 * update.
 *
 * <p>The region of the step holds the activations of one micro-batch. A device is given all work of
 * a step without waiting for any of it: the host waits once, for losses and gradient norm, and
 * decides then whether and how far the parameters move. Where shapes repeat, the device has the
 * work before and after that recorded, and is told in two calls.
 */
public final class TrainingStep implements AutoCloseable {
  /** Bits for the micro-batch within its group, where dropout is addressed. */
  private static final int GROUP_BITS = 20;

  private final CausalLm model;
  private final AdamW optimizer;
  private final Settings settings;
  private final RoundedWeights weights;
  private final Gradients gradients;
  private final Region region;
  private final Region batch;
  private final Recordings recordings;
  private final StepInputs inputs;
  private final StepResults results;

  /**
   * What a step needs to know beside its batches.
   *
   * @param maxGradNorm the limit for the norm of all gradients; 0 for none
   * @param labelSmoothing ε of the loss
   * @param seed of dropout
   */
  public record Settings(double maxGradNorm, double labelSmoothing, long seed) {
    /** Those of a run. */
    public static Settings of(TrainingArguments arguments) {
      return new Settings(
          arguments.maxGradNorm(), arguments.labelSmoothingFactor(), arguments.seed());
    }
  }

  /**
   * A step that computes in F32.
   *
   * @param gradients of the model's parameters
   */
  public TrainingStep(CausalLm model, Gradients gradients, AdamW optimizer, Settings settings) {
    this(model, gradients, optimizer, settings, RoundedWeights.none());
  }

  /**
   * @param gradients of the model's parameters
   * @param weights what is rounded while forward and backward pass compute
   */
  public TrainingStep(
      CausalLm model,
      Gradients gradients,
      AdamW optimizer,
      Settings settings,
      RoundedWeights weights) {
    this.weights = weights;
    this.model = model;
    this.optimizer = optimizer;
    this.settings = settings;
    this.gradients = gradients;
    this.region = new Region("step", model.parameters().storage());
    this.batch = new Region("batch", model.parameters().storage());
    this.recordings = new Recordings(region.storage());
    this.results =
        new StepResults(optimizer.slots().stream().map(AdamW.Slot::gradient).toList(), batch);
    this.inputs = new StepInputs(batch, results.dtype());
  }

  /**
   * Runs one step.
   *
   * @param scales what the summed loss of each micro-batch is multiplied with, see {@link
   *     LossScale}
   * @throws NotFiniteException if loss or gradient is not a finite number; nothing has been updated
   */
  public StepReport run(List<Batch> group, List<Double> scales, double learningRate) {
    return run(group, scales, learningRate, () -> false, () -> {}).orElseThrow();
  }

  /** Sends the batches of the next step ahead; the device may still compute this one. */
  void send(List<Batch> group) {
    inputs.send(group);
  }

  /**
   * Runs one step unless a stop is asked for between two micro-batches.
   *
   * @param meanwhile what the host does while the device computes
   * @return nothing if it was given up: then nothing has been updated
   */
  Optional<StepReport> run(
      List<Batch> group,
      List<Double> scales,
      double learningRate,
      BooleanSupplier stop,
      Runnable meanwhile) {
    results.require(group.size());
    if (!submit(inputs.receive(group, keys(group.size()), scales), stop)) {
      return Optional.empty();
    }
    meanwhile.run();
    StepResults.Read read = results.read(group.size());
    double gradNorm = GradClip.norm(read.sumsOfSquares());
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < group.size(); i++) {
      losses.add(scales.get(i) * read.losses()[i]);
    }
    double loss = losses.stream().mapToDouble(Double::doubleValue).sum();
    requireFinite(loss, gradNorm);
    optimizer.prepare(learningRate, GradClip.coefficient(gradNorm, settings.maxGradNorm()));
    recordings.run(optimizer, optimizer::update);
    long targetTokens = group.stream().mapToLong(Batch::targetTokens).sum();
    long tokens = group.stream().mapToLong(batch -> (long) batch.B() * batch.T()).sum();
    return Optional.of(new StepReport(loss, losses, gradNorm, learningRate, targetTokens, tokens));
  }

  private List<int[]> keys(int microBatches) {
    List<int[]> keys = new ArrayList<>();
    for (int i = 0; i < microBatches; i++) {
      keys.add(Mode.key(settings.seed(), ((long) optimizer.steps() << GROUP_BITS) + i));
    }
    return keys;
  }

  /** Computes the gradients of a group; false if it was given up, which only the host does. */
  private boolean submit(List<StepInputs.MicroBatch> group, BooleanSupplier stop) {
    if (region.storage().isHost()) {
      return weights.during(() -> accumulate(group, stop));
    }
    recordings.run(
        List.of(inputs.key(group), results.address()),
        () -> weights.during(() -> accumulate(group, () -> false)));
    return true;
  }

  /** Adds up the gradients of a group; false if it was given up. */
  private boolean accumulate(List<StepInputs.MicroBatch> group, BooleanSupplier stop) {
    gradients.beginGroup();
    for (int i = 0; i < group.size(); i++) {
      if (i > 0 && stop.getAsBoolean()) {
        model.parameters().mode().eval();
        return false;
      }
      model.parameters().mode().train(group.get(i).key());
      forwardBackward(i, group.get(i));
    }
    model.parameters().mode().eval();
    gradients.endGroup();
    results.keepSquares();
    return true;
  }

  /**
   * Keeps the loss of one micro-batch and adds its gradient to that of the group. The loss is that
   * of all its tokens together; what it counts in the group is the gradient that the walk begins
   * with.
   */
  private void forwardBackward(int index, StepInputs.MicroBatch batch) {
    region.reset();
    Tape tape = Ops.tape(gradients);
    Step.run(
        region,
        tape,
        () -> {
          Tensor loss = model.loss(batch.input(), batch.labels(), 1, settings.labelSmoothing());
          results.keepLoss(index, loss);
          Tensor seed = Tensors.empty(region, loss.spec()); // which the walk releases
          Tensors.copy(batch.scale(), seed);
          tape.backward(loss, seed);
          return loss;
        });
  }

  /** Bytes of the step's region: activations and temporary gradients at their peak. */
  public long peakBytes() {
    return region.peak();
  }

  /** The optimiser with parameters, gradients and moments. */
  public AdamW optimizer() {
    return optimizer;
  }

  List<Parameter> parameters() {
    return optimizer.slots().stream().map(AdamW.Slot::parameter).toList();
  }

  private static void requireFinite(double loss, double gradNorm) {
    if (!Double.isFinite(loss) || !Double.isFinite(gradNorm)) {
      throw new NotFiniteException(
          ("the loss is %s and the gradient norm %s: the step was not applied. A lower"
                  + " learning_rate, more warmup_steps or a lower max_grad_norm usually helps")
              .formatted(loss, gradNorm));
    }
  }

  @Override
  public void close() {
    recordings.close();
    weights.close();
    inputs.close();
    batch.close();
    region.close();
  }
}
