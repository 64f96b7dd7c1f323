package dev.gatun.nn;

import dev.gatun.tensor.Tensor;

/**
 * {@code y = (act(x·W_gateᵀ)·(x·W_upᵀ))·W_downᵀ}: x [..., C] → [..., C]. Shazeer, "GLU Variants
 * Improve Transformer", 2020, equation 6.
 */
public final class GatedMlp {
  private final Linear gateProj;
  private final Linear upProj;
  private final Linear downProj;
  private final Activation act;

  public GatedMlp(
      Scope scope, int hidden, int intermediate, Activation act, boolean bias, Init init) {
    gateProj = new Linear(scope.in("gate_proj"), hidden, intermediate, bias, init);
    upProj = new Linear(scope.in("up_proj"), hidden, intermediate, bias, init);
    downProj = new Linear(scope.in("down_proj"), intermediate, hidden, bias, init);
    this.act = act;
  }

  public Tensor forward(Tensor x) {
    return downProj.forward(act.gated(gateProj.forward(x), upProj.forward(x)));
  }
}
