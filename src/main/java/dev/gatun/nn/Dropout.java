package dev.gatun.nn;

import dev.gatun.op.Ops;
import dev.gatun.op.WeightDropout;
import dev.gatun.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * While training, sets each element to zero with probability p and divides the others by 1 - p: x
 * [...] → [...]. What is dropped is addressed by the key of the micro-batch and the path of the
 * layer. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
 * 2014.
 */
public final class Dropout {
  private final Mode mode;
  private final long site;
  private final float p;

  public Dropout(Scope scope, double p) {
    this.mode = scope.mode();
    this.site = Init.streamOf(scope.path());
    this.p = (float) p;
  }

  public Tensor forward(Tensor x) {
    return drops() ? Ops.dropout(x, mode.key(), p, site) : x;
  }

  /** The same for the weights of an attention, of which there is no tensor; null drops none. */
  public @Nullable WeightDropout ofWeights() {
    return drops() ? new WeightDropout(mode.key(), p, site) : null;
  }

  private boolean drops() {
    return p > 0 && mode.isTraining();
  }
}
