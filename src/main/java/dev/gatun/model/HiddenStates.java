package dev.gatun.model;

import dev.gatun.tensor.Tensor;

/** Looks at the residual stream as it passes. */
@FunctionalInterface
public interface HiddenStates {
  /** Looks at nothing. */
  HiddenStates UNSEEN = (index, x) -> {};

  /**
   * Called in order, with index 0 for the embeddings, i for what block i - 1 made, and, for the
   * last block, for what the final norm made of it, as {@code hidden_states} of Hugging Face
   * counts. The memory is the step's: copy what is to be kept.
   *
   * @param x [B, T, C]
   */
  void see(int index, Tensor x);
}
