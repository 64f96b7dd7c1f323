package dev.gatun.model;

import dev.gatun.core.Shape;
import dev.gatun.nn.Dropout;
import dev.gatun.nn.KvCache;
import dev.gatun.nn.Scope;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * What all families share of attention: the heads of one layer, with or without a cache.
 *
 * <pre>
 *   y[t] = Σ_s softmax_s(scale·⟨q[t], k[s]⟩)·v[s]      over the s that t may see
 * </pre>
 *
 * <p>Vaswani et al., "Attention Is All You Need", 2017, equation 1.
 */
final class CausalAttention {
  private final int layer;
  private final int window;
  private final float scale;
  private final Dropout dropout;

  /**
   * The attention of a layer.
   *
   * @param layer its place in the cache
   * @param window how many keys a query sees, itself included; 0 for all
   * @param scale what scores are multiplied with
   * @param dropout the probability of dropping an attention weight
   */
  CausalAttention(Scope scope, int layer, int window, double scale, double dropout) {
    this.layer = layer;
    this.window = window;
    this.scale = (float) scale;
    this.dropout = new Dropout(scope.in("attn_dropout"), dropout);
  }

  /** q [B,T,H,D], k and v [B,T,G,D] → [B,T,H·D]. */
  Tensor forward(Tensor q, Tensor k, Tensor v, ForwardInput in) {
    KvCache cache = in.cache();
    Tensor y;
    if (cache == null) {
      y = Ops.attention(q, k, v, in.starts(), 0, window, scale, dropout.ofWeights());
    } else {
      cache.append(layer, k, v);
      y =
          Ops.attention(
              q,
              cache.keys(layer),
              cache.values(layer),
              in.starts(),
              cache.length(),
              window,
              scale,
              dropout.ofWeights());
    }
    return merge(y);
  }

  /** The same for queries, keys and values side by side: qkv [B,T,H+2G,D] → [B,T,H·D]. */
  Tensor forward(Tensor qkv, int groups, ForwardInput in) {
    if (in.cache() == null) {
      return merge(Ops.attention(qkv, groups, in.starts(), window, scale, dropout.ofWeights()));
    }
    int all = qkv.shape().size(2);
    int heads = all - 2 * groups;
    return forward(
        Ops.slice(qkv, 2, 0, heads),
        Ops.slice(qkv, 2, heads, heads + groups),
        Ops.slice(qkv, 2, heads + groups, all),
        in);
  }

  /** Heads side by side: [B,T,H,D] → [B,T,H·D]. */
  private static Tensor merge(Tensor y) {
    Shape shape = y.shape();
    return y.view(shape.size(0), shape.size(1), shape.size(2) * shape.size(3));
  }

  /** Seen as heads: x [B,T,H·D] → [B,T,H,D]. */
  static Tensor heads(Tensor x, int headDim) {
    return x.view(x.shape().size(0), x.shape().size(1), x.shape().columns() / headDim, headDim);
  }
}
