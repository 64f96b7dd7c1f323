package dev.gatun.model;

import dev.gatun.core.ConfigurationException;

/**
 * The shape of a model: what {@code config.json} says. The components of the records are the keys
 * of Hugging Face in camel case, and their Javadoc gives the default of an absent key. The methods
 * here name what all families have, whatever each calls it.
 */
public sealed interface ModelConfig permits Gpt2Config, LlamaConfig, PhiConfig {
  /** {@code model_type}, for example {@code "llama"}. */
  String modelType();

  /** V: the number of token ids. */
  int vocabSize();

  /** C: the width of the residual stream. */
  int hiddenSize();

  /** The number of blocks. */
  int numHiddenLayers();

  /** H: the number of query heads. */
  int numAttentionHeads();

  /** G: the number of key and value heads; it divides H. */
  int numKeyValueHeads();

  /** D: the width of one head. */
  int headDim();

  /** The number of positions that the model knows. */
  int maxPositionEmbeddings();

  /** Whether the output matrix is the embedding matrix. */
  boolean tieWordEmbeddings();

  /** The standard deviation that weights are drawn with. */
  double initializerRange();

  /** The token ids with a meaning of their own. */
  SpecialTokens specialTokens();

  /** The same model for another number of token ids. */
  ModelConfig withVocabSize(int vocabSize);

  /** The same model with its output matrix tied to the embedding matrix, or not. */
  ModelConfig withTieWordEmbeddings(boolean tieWordEmbeddings);

  /** The same model with other special tokens. */
  ModelConfig withSpecialTokens(SpecialTokens specialTokens);

  /** The model of this configuration, with parameters declared but without memory. */
  default CausalLm build() {
    return switch (this) {
      case Gpt2Config config -> new Gpt2(config);
      case LlamaConfig config -> new Llama(config);
      case PhiConfig config -> new Phi(config);
    };
  }

  /** Requires a positive size. */
  static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new ConfigurationException("key \"%s\" must be positive, not %d".formatted(key, value));
    }
  }

  /** Requires that one size divides another. */
  static void requireDivides(String divisorKey, int divisor, String key, int value) {
    if (value % divisor != 0) {
      throw new ConfigurationException(
          "key \"%s\" is %d, which %s = %d does not divide; change one of the two"
              .formatted(key, value, divisorKey, divisor));
    }
  }

  /** Requires a probability of dropping below 1. */
  static void requireProbability(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new ConfigurationException(
          "key \"%s\" must be at least 0 and below 1, not %s".formatted(key, value));
    }
  }
}
