package dev.gatun.nn;

import dev.gatun.tensor.Tensor;

/** A change to what a layer computes, for example a low-rank one. */
@FunctionalInterface
public interface Adapter {
  /**
   * The layer's output with the change.
   *
   * @param x the layer's input
   * @param y what the layer computes by itself
   */
  Tensor adapt(Tensor x, Tensor y);
}
