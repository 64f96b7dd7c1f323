package dev.gatun.nn;

import dev.gatun.core.Shape;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * GPT-2's linear layer {@code y = x·W + b}, whose weight is stored the other way round than {@link
 * Linear}'s: x [..., in], weight [in, out], bias [out] → [..., out]. The name is that of GPT-2's
 * source; it is a convolution of width 1.
 */
public final class Conv1D extends AdaptableLayer {
  private final Parameter bias;

  /**
   * A layer.
   *
   * @param init what the weight starts as; the bias starts at zero
   */
  public Conv1D(Scope scope, int in, int out, Init init) {
    super(scope, scope.parameter("weight", Shape.of(in, out), Parameter.Role.WEIGHT, init));
    this.bias = scope.parameter("bias", Shape.of(out), Parameter.Role.BIAS, Init.zeros());
    scope.register(this);
  }

  /** What is added. */
  public Parameter bias() {
    return bias;
  }

  @Override
  Tensor base(Tensor x) {
    return Ops.matmul(x, weight().value(), bias.value());
  }
}
