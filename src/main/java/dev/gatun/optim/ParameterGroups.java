package dev.gatun.optim;

import dev.gatun.nn.Parameter;

/**
 * Which parameters decay. As in Hugging Face's trainer, matrices do, those of embeddings, the head
 * and LoRA included; biases and the gains of norms do not.
 */
public final class ParameterGroups {
  private ParameterGroups() {}

  /** Whether weight decay applies to a parameter. */
  public static boolean decays(Parameter parameter) {
    return switch (parameter.role()) {
      case WEIGHT -> true;
      case BIAS, NORM -> false;
    };
  }
}
