package dev.gatun.nn;

import dev.gatun.core.Shape;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/** Rows of a table: ids I32 [...], weight [V, C] → [..., C]. */
public final class Embedding extends AdaptableLayer {
  /**
   * A layer.
   *
   * @param count V: how many ids there are
   * @param width C
   * @param init what the table starts as
   */
  public Embedding(Scope scope, int count, int width, Init init) {
    super(scope, scope.parameter("weight", Shape.of(count, width), Parameter.Role.WEIGHT, init));
    scope.register(this);
  }

  @Override
  Tensor base(Tensor ids) {
    return Ops.embedding(weight().value(), ids);
  }
}
