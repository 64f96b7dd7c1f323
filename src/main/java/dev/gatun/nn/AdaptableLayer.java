package dev.gatun.nn;

import dev.gatun.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A layer around one matrix, to whose output an {@link Adapter} may add without the model's
 * knowing. The layer keeps its path and the names of its parameters.
 */
public abstract sealed class AdaptableLayer permits Linear, Conv1D, Embedding {
  private final Scope scope;
  private final Parameter weight;
  private @Nullable Adapter adapter;

  AdaptableLayer(Scope scope, Parameter weight) {
    this.scope = scope;
    this.weight = weight;
  }

  /** For example {@code model.layers.0.self_attn.q_proj}. */
  public final String path() {
    return scope.path();
  }

  /** The place of the layer, which also knows whether the model is being trained. */
  public final Scope scope() {
    return scope;
  }

  /** The matrix. */
  public final Parameter weight() {
    return weight;
  }

  /** What this layer computes, the adapter included. */
  public final Tensor forward(Tensor x) {
    Tensor y = base(x);
    return adapter == null ? y : adapter.adapt(x, y);
  }

  /** Puts an adapter on this layer, or takes it off with null. */
  public final void setAdapter(@Nullable Adapter adapter) {
    this.adapter = adapter;
  }

  /** What the layer computes by itself. */
  abstract Tensor base(Tensor x);
}
