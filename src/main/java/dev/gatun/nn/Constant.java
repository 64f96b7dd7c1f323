package dev.gatun.nn;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that follows from the configuration alone, for example a table of angles. It lives
 * beside the parameters, but is neither learnt nor stored in files.
 */
final class Constant {
  private final Shape shape;
  private final Supplier<double[]> values;
  private @Nullable Tensor tensor;

  Constant(Shape shape, Supplier<double[]> values) {
    this.shape = shape;
    this.values = values;
  }

  Tensor value() {
    if (tensor == null) {
      throw new IllegalStateException(
          "a constant of shape " + shape + " has no memory yet: Parameters.materialize gives it");
    }
    return tensor;
  }

  TensorSpec spec(DType dtype) {
    return new TensorSpec(shape, dtype);
  }

  boolean isMaterialized() {
    return tensor != null;
  }

  void materialize(Region region, DType dtype) {
    tensor = Tensors.of(region, spec(dtype), values.get());
  }
}
