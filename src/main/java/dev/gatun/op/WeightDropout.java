package dev.gatun.op;

import dev.gatun.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dropout of the weights of an attention, see {@link Ops#attention}.
 *
 * @param key I32 [2], of the micro-batch
 * @param p the probability of zero, 0 &lt; p &lt; 1
 * @param stream which use of dropout in a step
 */
public record WeightDropout(Tensor key, float p, long stream) {
  static Dropout of(@Nullable WeightDropout weights) {
    return weights == null ? Dropout.NONE : new Dropout(weights.p, weights.stream);
  }

  /** The inputs of an attention: its tensors, and after them what there is of starts and key. */
  static List<Tensor> inputs(
      @Nullable WeightDropout weights, @Nullable Tensor starts, Tensor... tensors) {
    List<Tensor> inputs = new ArrayList<>(List.of(tensors));
    if (starts != null) {
      inputs.add(starts);
    }
    if (weights != null) {
      inputs.add(weights.key);
    }
    return inputs;
  }
}
