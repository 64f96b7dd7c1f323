package dev.gatun.nn;

import dev.gatun.core.ConfigurationException;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The element-wise non-linearity of a feed-forward layer, by the name that Hugging Face's
 * configurations give it ({@code hidden_act}, {@code activation_function}).
 */
public enum Activation {
  /** {@code x·Φ(x)} with the error function. */
  GELU("gelu"),
  /** {@code x·Φ(x)} in the tanh approximation, as GPT-2 and Phi call it. */
  GELU_NEW("gelu_new"),
  /** {@code x·Φ(x)} in the tanh approximation, as Gemma calls it. */
  GELU_PYTORCH_TANH("gelu_pytorch_tanh"),
  /** {@code x·σ(x)}. */
  SILU("silu");

  private final String key;

  Activation(String key) {
    this.key = key;
  }

  /** The name in configuration files. */
  public String key() {
    return key;
  }

  /**
   * The activation of this name.
   *
   * @throws ConfigurationException if there is none; the message lists those that exist
   */
  public static Activation of(String key) {
    for (Activation activation : values()) {
      if (activation.key.equals(key)) {
        return activation;
      }
    }
    throw new ConfigurationException(
        "activation \"%s\" is not known; known are %s"
            .formatted(
                key,
                Arrays.stream(values()).map(Activation::key).collect(Collectors.joining(", "))));
  }

  /** Element by element: x [...] → [...]. */
  public Tensor forward(Tensor x) {
    return switch (this) {
      case GELU -> Ops.geluErf(x);
      case GELU_NEW, GELU_PYTORCH_TANH -> Ops.gelu(x);
      case SILU -> Ops.silu(x);
    };
  }

  /** {@code forward(gate)·up}, element by element. */
  Tensor gated(Tensor gate, Tensor up) {
    return switch (this) {
      case GELU -> Ops.mul(Ops.geluErf(gate), up);
      case GELU_NEW, GELU_PYTORCH_TANH -> Ops.geGlu(gate, up);
      case SILU -> Ops.swiGlu(gate, up);
    };
  }
}
