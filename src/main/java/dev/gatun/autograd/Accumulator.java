package dev.gatun.autograd;

import dev.gatun.tensor.Tensor;

/** The one piece of arithmetic that the walk itself needs; the operations provide it. */
@FunctionalInterface
public interface Accumulator {
  /** {@code target += gradient}, or {@code target = gradient} if not accumulating. */
  void add(Tensor target, Tensor gradient, boolean accumulate);
}
