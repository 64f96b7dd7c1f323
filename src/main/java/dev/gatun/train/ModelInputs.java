package dev.gatun.train;

import dev.gatun.core.Shape;
import dev.gatun.data.Batch;
import dev.gatun.memory.Region;
import dev.gatun.model.ForwardInput;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;

/** A batch as tensors. Rows are padded on the right, which causal attention cannot see. */
final class ModelInputs {
  private ModelInputs() {}

  /** Ids and positions, [B, T]. */
  static ForwardInput of(Batch batch, Region region) {
    return ForwardInput.of(region, Tensors.of(region, shape(batch), batch.inputIds()));
  }

  /** The shifted labels, [B, T]. */
  static Tensor labels(Batch batch, Region region) {
    return Tensors.of(region, shape(batch), batch.labels());
  }

  private static Shape shape(Batch batch) {
    return Shape.of(batch.B(), batch.T());
  }
}
