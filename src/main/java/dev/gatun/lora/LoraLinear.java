package dev.gatun.lora;

import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Conv1D;
import dev.gatun.nn.Dropout;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Scale;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * An adapted {@link dev.gatun.nn.Linear} or {@link Conv1D}.
 *
 * <pre>
 *   y' = y + B·(s·A·dropout(x))
 *   W' = W + s·B·A        for a Conv1D, whose weight is [in, out], W + s·(B·A)ᵀ
 * </pre>
 *
 * <p>x [..., in], y [..., out], A [r, in], B [out, r]. The scaling is applied to the narrow tensor.
 */
final class LoraLinear extends LoraLayer {
  private final Dropout dropout;
  private final Scale scale;

  LoraLinear(
      AdaptableLayer layer,
      Parameter a,
      Parameter b,
      double scaling,
      Dropout dropout,
      Scale scale) {
    super(layer, a, b, scaling);
    this.dropout = dropout;
    this.scale = scale;
  }

  @Override
  public Tensor adapt(Tensor x, Tensor y) {
    Tensor narrow = scale.forward(Ops.linear(dropout.forward(x), a().value()));
    return Ops.add(y, Ops.linear(narrow, b().value()));
  }

  @Override
  Tensor delta() {
    Tensor a = a().value();
    Tensor b = scale.forward(b().value());
    return layer() instanceof Conv1D ? transposedProduct(a, b) : Ops.matmul(b, a);
  }
}
