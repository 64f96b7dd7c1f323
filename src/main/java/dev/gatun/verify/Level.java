package dev.gatun.verify;

import java.util.Locale;

/** What {@code gatun verify} compares, from the single operation to a saved model. */
public enum Level {
  FORWARD("each operation, on ragged and empty shapes, between guards, twice"),
  BACKWARD("the gradient of each operation that has one"),
  FUSED("fused operations against their composition"),
  VALUES("NaN, infinities, signed zeros, denormals and huge values in each operation"),
  VARIANTS("products of factors rounded to bf16, by other tiles, and earlier versions of kernels"),
  BLOCK("one block of each family: what comes out, and its gradients"),
  MODEL("whole models: hidden states, logits and loss"),
  GRADIENTS("the gradient of the loss by every parameter"),
  FREE("each operation of forward and backward pass, on what came before it"),
  INJECTED("each operation of forward and backward pass, on the inputs of the reference"),
  OPTIMIZER("parameters after one step"),
  CURVE("the losses of 20 steps"),
  GENERATION("greedy texts from a cache"),
  FILES("a trained model, saved and loaded, is the same to the bit");

  private final String meaning;

  Level(String meaning) {
    this.meaning = meaning;
  }

  /** Whether it is about whole models. */
  boolean isOfModels() {
    return compareTo(BLOCK) >= 0;
  }

  /** In a few words. */
  public String meaning() {
    return meaning;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
