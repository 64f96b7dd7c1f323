package dev.gatun.autograd;

import dev.gatun.tensor.Tensor;

/** Computes a gradient into memory that it is given. */
@FunctionalInterface
public interface GradientWriter {
  /**
   * @param target the gradient, of the input's shape
   * @param accumulate whether to add to what is there, or to overwrite it
   */
  void write(Tensor target, boolean accumulate);
}
