package dev.gatun.model;

import dev.gatun.tensor.Tensor;

/** One layer of a transformer. */
@FunctionalInterface
interface Block {
  /** x [B, T, C] → [B, T, C]. */
  Tensor forward(Tensor x, ForwardInput in);
}
