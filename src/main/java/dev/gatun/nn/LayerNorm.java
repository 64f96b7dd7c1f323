package dev.gatun.nn;

import dev.gatun.core.Shape;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * {@code y = (x - mean)/√(variance + ε)·w + b} over the last axis: x [..., C], weight and bias [C]
 * → [..., C].
 */
public final class LayerNorm {
  private final Parameter weight;
  private final Parameter bias;
  private final float eps;

  public LayerNorm(Scope scope, int width, double eps) {
    Shape shape = Shape.of(width);
    this.weight = scope.parameter("weight", shape, Parameter.Role.NORM, Init.ones());
    this.bias = scope.parameter("bias", shape, Parameter.Role.BIAS, Init.zeros());
    this.eps = (float) eps;
  }

  public Tensor forward(Tensor x) {
    return Ops.layerNorm(x, weight.value(), bias.value(), eps);
  }
}
