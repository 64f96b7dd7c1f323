package dev.gatun.optim;

import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Adam with decoupled weight decay.
 *
 * <pre>
 *   p ← p·(1 - lr·λ)
 *   m ← β₁·m + (1 - β₁)·g            v ← β₂·v + (1 - β₂)·g²
 *   p ← p - lr·(m/(1 - β₁ᵗ)) / (√v/√(1 - β₂ᵗ) + ε)
 * </pre>
 *
 * <p>Loshchilov, Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2; t counts from
 * 1. λ is 0 for the parameters that {@link ParameterGroups} exempts.
 */
public final class AdamW {
  /** What {@link Ops#adamW} takes. */
  private static final int FACTORS = 8;

  /**
   * The constants of the algorithm.
   *
   * @param weightDecay λ
   */
  public record Settings(double beta1, double beta2, double epsilon, double weightDecay) {}

  /** A parameter with its gradient and moments, all F32 of one shape. */
  public record Slot(Parameter parameter, Tensor gradient, Tensor m, Tensor v) {}

  private final Settings settings;
  private final List<Slot> slots = new ArrayList<>();
  private final Tensor decaying;
  private final Tensor others;
  private int steps;

  /**
   * Moments of zero for these parameters.
   *
   * @param region where the moments live
   */
  public AdamW(List<Parameter> parameters, Settings settings, Region region) {
    this.settings = settings;
    for (Parameter parameter : parameters) {
      Tensor gradient = parameter.gradient();
      if (gradient == null) {
        throw new IllegalArgumentException(parameter + " has no memory for a gradient");
      }
      Tensor m = Tensors.zeros(region, gradient.spec());
      Tensor v = Tensors.zeros(region, gradient.spec());
      slots.add(new Slot(parameter, gradient, m, v));
    }
    DType dtype = slots.isEmpty() ? DType.F32 : slots.getFirst().gradient().dtype();
    TensorSpec spec = TensorSpec.of(dtype, FACTORS);
    this.decaying = Tensors.empty(region, spec);
    this.others = Tensors.empty(region, spec);
  }

  /**
   * Updates all parameters once.
   *
   * @param learningRate of this step
   * @param gradientScale what every gradient is multiplied with first: the clip coefficient
   */
  public void step(double learningRate, double gradientScale) {
    prepare(learningRate, gradientScale);
    update();
  }

  /** The first half of {@link #step}: counts it and writes what is particular to it. */
  public void prepare(double learningRate, double gradientScale) {
    steps++;
    Tensors.write(decaying, factors(learningRate, settings.weightDecay(), gradientScale));
    Tensors.write(others, factors(learningRate, 0, gradientScale));
  }

  private double[] factors(double learningRate, double weightDecay, double gradientScale) {
    return Ops.adamWFactors(
        learningRate,
        settings.beta1(),
        settings.beta2(),
        settings.epsilon(),
        weightDecay,
        steps,
        gradientScale);
  }

  /** The second half: the same work in every step. */
  public void update() {
    for (Slot slot : slots) {
      Tensor factors = ParameterGroups.decays(slot.parameter()) ? decaying : others;
      Ops.adamW(slot.parameter().value(), slot.gradient(), slot.m(), slot.v(), factors);
    }
  }

  /** How many updates there have been: t. */
  public int steps() {
    return steps;
  }

  /** Continues a run that was stopped after this many updates. */
  public void resumeAt(int steps) {
    this.steps = steps;
  }

  /** Parameters with gradients and moments, in the order of the model. */
  public List<Slot> slots() {
    return List.copyOf(slots);
  }
}
