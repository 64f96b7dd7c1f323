package dev.gatun.nn;

import dev.gatun.core.Shape;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** {@code y = x·Wᵀ (+ b)}: x [..., in], weight [out, in], bias [out] → [..., out]. */
public final class Linear extends AdaptableLayer {
  private final @Nullable Parameter bias;

  /**
   * A layer with a matrix of its own.
   *
   * @param init what the weight starts as; a bias starts at zero
   */
  public Linear(Scope scope, int in, int out, boolean hasBias, Init init) {
    this(scope, scope.parameter("weight", Shape.of(out, in), Parameter.Role.WEIGHT, init), hasBias);
  }

  private Linear(Scope scope, Parameter weight, boolean hasBias) {
    super(scope, weight);
    this.bias =
        hasBias
            ? scope.parameter(
                "bias", Shape.of(weight.shape().size(0)), Parameter.Role.BIAS, Init.zeros())
            : null;
    scope.register(this);
  }

  /** A layer whose weight is that of another, as the output layer of a tied model. */
  public static Linear tied(Scope scope, Parameter weight, boolean hasBias) {
    return new Linear(scope, scope.alias("weight", weight), hasBias);
  }

  /** What is added, if anything. */
  public @Nullable Parameter bias() {
    return bias;
  }

  @Override
  Tensor base(Tensor x) {
    return bias == null
        ? Ops.linear(x, weight().value())
        : Ops.linear(x, weight().value(), bias.value());
  }
}
