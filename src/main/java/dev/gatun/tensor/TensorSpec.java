package dev.gatun.tensor;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;

/** What is known of a tensor before it has memory. */
public record TensorSpec(Shape shape, DType dtype) {
  public static TensorSpec of(DType dtype, int... sizes) {
    return new TensorSpec(Shape.of(sizes), dtype);
  }

  /** The size in bytes. */
  public long bytes() {
    return dtype.bytes(shape);
  }

  /** For example {@code F32[2, 3]}. */
  @Override
  public String toString() {
    return dtype + shape.toString();
  }
}
