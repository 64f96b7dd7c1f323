package dev.gatun.lora;

import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Adapter;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * What an adapter adds to one layer: the matrices A and B and their scaling s, see the subclasses.
 */
public abstract sealed class LoraLayer implements Adapter permits LoraLinear, LoraEmbedding {
  private final AdaptableLayer layer;
  private final Parameter a;
  private final Parameter b;
  private final double scaling;

  LoraLayer(AdaptableLayer layer, Parameter a, Parameter b, double scaling) {
    this.layer = layer;
    this.a = a;
    this.b = b;
    this.scaling = scaling;
  }

  /** The layer that is adapted. */
  public final AdaptableLayer layer() {
    return layer;
  }

  /** A: [r, in], or [r, V] for an embedding. */
  public final Parameter a() {
    return a;
  }

  /** B: [out, r]. */
  public final Parameter b() {
    return b;
  }

  /** s: α/r, or α/√r. */
  public final double scaling() {
    return scaling;
  }

  /**
   * The adapter's share of the merged weight, {@code s·B·A} in the layout of the layer's weight.
   */
  abstract Tensor delta();

  /** {@code Aᵀ·Bᵀ}: [r, n], [m, r] → [n, m]. */
  static Tensor transposedProduct(Tensor a, Tensor b) {
    return Ops.linear(Ops.transpose(a, 0, 1), b);
  }
}
