package dev.gatun.lora;

import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Scale;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * An adapted {@link dev.gatun.nn.Embedding}.
 *
 * <pre>
 *   y' = y + B·(s·Aᵀ[ids])          W' = W + s·(B·A)ᵀ
 * </pre>
 *
 * <p>ids I32 [...], y [..., C], A [r, V], B [C, r]. As in PEFT nothing is dropped.
 */
final class LoraEmbedding extends LoraLayer {
  private final Scale scale;

  LoraEmbedding(AdaptableLayer layer, Parameter a, Parameter b, double scaling, Scale scale) {
    super(layer, a, b, scaling);
    this.scale = scale;
  }

  @Override
  public Tensor adapt(Tensor ids, Tensor y) {
    Tensor rows = Ops.embedding(Ops.transpose(a().value(), 0, 1), ids);
    return Ops.add(y, Ops.linear(scale.forward(rows), b().value()));
  }

  @Override
  Tensor delta() {
    return transposedProduct(a().value(), scale.forward(b().value()));
  }
}
