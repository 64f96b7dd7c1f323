package dev.gatun.nn;

import dev.gatun.core.Shape;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import java.util.Arrays;

/** {@code y = factor·x}: x [..., C] → [..., C]. */
public final class Scale {
  private final Constant factors;

  public Scale(Scope scope, int width, double factor) {
    this.factors =
        scope.constant(
            Shape.of(width),
            () -> {
              double[] values = new double[width];
              Arrays.fill(values, factor);
              return values;
            });
  }

  public Tensor forward(Tensor x) {
    return Ops.mul(x, factors.value());
  }
}
