package dev.gatun.nn;

import dev.gatun.core.Shape;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * {@code y = x/√(mean x² + ε)·g} over the last axis, with g = w, or 1 + w as Gemma stores it: x
 * [..., C], weight [C] → [..., C].
 */
public final class RmsNorm {
  private final Parameter weight;
  private final float eps;
  private final boolean onePlusWeight;

  /**
   * A layer.
   *
   * @param onePlusWeight whether the weight is stored as its difference from 1
   */
  public RmsNorm(Scope scope, int width, double eps, boolean onePlusWeight) {
    Init init = onePlusWeight ? Init.zeros() : Init.ones();
    this.weight = scope.parameter("weight", Shape.of(width), Parameter.Role.NORM, init);
    this.eps = (float) eps;
    this.onePlusWeight = onePlusWeight;
  }

  public Tensor forward(Tensor x) {
    return Ops.rmsNorm(x, weight.value(), eps, onePlusWeight);
  }
}
