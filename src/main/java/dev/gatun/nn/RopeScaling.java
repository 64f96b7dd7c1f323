package dev.gatun.nn;

import dev.gatun.core.ConfigurationException;

/**
 * How rotary frequencies are stretched for contexts longer than the one trained on ({@code
 * rope_scaling}, {@code rope_parameters}).
 */
public sealed interface RopeScaling {
  /** {@code rope_type = "default"}: the frequencies as they are. */
  record Default() implements RopeScaling {}

  /**
   * {@code rope_type = "linear"}: every frequency divided by a factor.
   *
   * @param factor {@code factor}, at least 1
   */
  record Linear(double factor) implements RopeScaling {
    public Linear {
      requireFactor(factor);
    }
  }

  /**
   * {@code rope_type = "llama3"}: low frequencies divided by a factor, high ones kept, those
   * between interpolated.
   *
   * @param factor {@code factor}, at least 1
   * @param lowFreqFactor {@code low_freq_factor}: wavelengths above context / this are scaled
   * @param highFreqFactor {@code high_freq_factor}: wavelengths below context / this are kept;
   *     greater than {@code lowFreqFactor}
   * @param originalMaxPositionEmbeddings {@code original_max_position_embeddings}: the context
   *     trained on
   */
  record Llama3(
      double factor, double lowFreqFactor, double highFreqFactor, int originalMaxPositionEmbeddings)
      implements RopeScaling {
    public Llama3 {
      requireFactor(factor);
      if (!(highFreqFactor > lowFreqFactor) || originalMaxPositionEmbeddings < 1) {
        throw new ConfigurationException(
            ("rope_scaling of type llama3 needs high_freq_factor > low_freq_factor and a positive"
                    + " original_max_position_embeddings; given %s, %s and %d")
                .formatted(highFreqFactor, lowFreqFactor, originalMaxPositionEmbeddings));
      }
    }
  }

  private static void requireFactor(double factor) {
    if (!(factor >= 1)) {
      throw new ConfigurationException(
          "rope_scaling: key \"factor\" must be at least 1, not " + factor);
    }
  }
}
