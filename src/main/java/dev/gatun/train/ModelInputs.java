package dev.gatun.train;

import dev.gatun.core.Shape;
import dev.gatun.data.Batch;
import dev.gatun.memory.Region;
import dev.gatun.model.ForwardInput;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/** A batch as tensors. Rows are padded on the right, which causal attention cannot see. */
public final class ModelInputs {
  private ModelInputs() {}

  /** Ids and positions, [B, T]. */
  public static ForwardInput of(Batch batch, Region region) {
    Tensor ids = Tensors.of(region, shape(batch), batch.inputIds());
    int @Nullable [] starts = batch.starts();
    return starts == null ? ForwardInput.of(region, ids) : ForwardInput.packed(region, ids, starts);
  }

  /** The shifted labels, [B, T]. */
  public static Tensor labels(Batch batch, Region region) {
    return Tensors.of(region, shape(batch), batch.labels());
  }

  private static Shape shape(Batch batch) {
    return Shape.of(batch.B(), batch.T());
  }
}
