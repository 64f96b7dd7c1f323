package dev.gatun.model;

import static dev.gatun.model.ModelConfig.requireDivides;
import static dev.gatun.model.ModelConfig.requirePositive;
import static dev.gatun.model.ModelConfig.requireProbability;

import dev.gatun.core.ConfigurationException;
import dev.gatun.nn.Activation;
import dev.gatun.nn.RopeScaling;

/**
 * Llama and its kin, which differ from it in a few switches: Mistral, Qwen2, Qwen3 and Gemma.
 *
 * @param variant {@code model_type}
 * @param vocabSize {@code vocab_size}, default 32000; Qwen 151936, Gemma 256000
 * @param hiddenSize {@code hidden_size}, default 4096; Gemma 3072
 * @param intermediateSize {@code intermediate_size}, default 11008; Mistral 14336, Qwen 22016,
 *     Gemma 24576
 * @param numHiddenLayers {@code num_hidden_layers}, default 32; Gemma 28
 * @param numAttentionHeads {@code num_attention_heads}, default 32; Gemma 16
 * @param numKeyValueHeads {@code num_key_value_heads}, default that of the query heads; Mistral 8,
 *     Qwen 32, Gemma 16
 * @param headDim {@code head_dim}, default hidden size / query heads; Qwen3 128, Gemma 256. Even,
 *     and free of the hidden size
 * @param hiddenAct {@code hidden_act}, default {@code silu}. Gemma computes with {@code
 *     hidden_activation}, or {@code gelu_pytorch_tanh} where that is absent
 * @param maxPositionEmbeddings {@code max_position_embeddings}, default 2048; Mistral 131072, Qwen
 *     32768, Gemma 8192
 * @param initializerRange {@code initializer_range}, default 0.02
 * @param rmsNormEps {@code rms_norm_eps}, default 1e-6
 * @param tieWordEmbeddings {@code tie_word_embeddings}, default false; Gemma true
 * @param ropeTheta {@code rope_theta}, default 10000
 * @param ropeScaling {@code rope_scaling}, default none
 * @param qkvBias whether the query, key and value projections have a bias: {@code attention_bias},
 *     default false; always in Qwen2, never in Mistral
 * @param outputBias whether the attention's output projection has a bias: {@code attention_bias},
 *     default false; never in Qwen2 and Mistral
 * @param mlpBias {@code mlp_bias}, default false
 * @param qkNorm whether queries and keys are normed per head before rotation: Qwen3 alone
 * @param slidingWindow {@code sliding_window}: how many keys a query sees, itself included; 0 for
 *     all. Mistral's default is 4096; in Qwen it counts only with {@code use_sliding_window}
 * @param maxWindowLayers {@code max_window_layers}: the first so many layers see all keys in any
 *     case; 0 in Mistral, default 28 in Qwen
 * @param attentionDropout {@code attention_dropout}, default 0
 * @param specialTokens default bos 1, eos 2, no pad; Qwen none; Gemma bos 2, eos 1, pad 0
 */
public record LlamaConfig(
    Variant variant,
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    int headDim,
    Activation hiddenAct,
    int maxPositionEmbeddings,
    double initializerRange,
    double rmsNormEps,
    boolean tieWordEmbeddings,
    double ropeTheta,
    RopeScaling ropeScaling,
    boolean qkvBias,
    boolean outputBias,
    boolean mlpBias,
    boolean qkNorm,
    int slidingWindow,
    int maxWindowLayers,
    double attentionDropout,
    SpecialTokens specialTokens)
    implements ModelConfig {

  /** Which relative of Llama. */
  public enum Variant {
    LLAMA("llama"),
    MISTRAL("mistral"),
    QWEN2("qwen2"),
    QWEN3("qwen3"),
    GEMMA("gemma");

    private final String modelType;

    Variant(String modelType) {
      this.modelType = modelType;
    }

    /** The value of {@code model_type}. */
    public String modelType() {
      return modelType;
    }
  }

  public LlamaConfig {
    requirePositive("vocab_size", vocabSize);
    requirePositive("hidden_size", hiddenSize);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("num_hidden_layers", numHiddenLayers);
    requirePositive("num_attention_heads", numAttentionHeads);
    requirePositive("num_key_value_heads", numKeyValueHeads);
    requirePositive("head_dim", headDim);
    requirePositive("max_position_embeddings", maxPositionEmbeddings);
    requireDivides(
        "num_key_value_heads", numKeyValueHeads, "num_attention_heads", numAttentionHeads);
    requireProbability("attention_dropout", attentionDropout);
    if (headDim % 2 != 0) {
      throw new ConfigurationException(
          "key \"head_dim\" is " + headDim + "; rotary embedding needs an even number");
    }
    if (slidingWindow < 0 || maxWindowLayers < 0) {
      throw new ConfigurationException(
          "keys \"sliding_window\" and \"max_window_layers\" cannot be negative: %d and %d"
              .formatted(slidingWindow, maxWindowLayers));
    }
  }

  @Override
  public String modelType() {
    return variant.modelType();
  }

  /** How many keys a query of a layer sees, itself included; 0 for all. */
  public int windowOf(int layer) {
    return layer < maxWindowLayers ? 0 : slidingWindow;
  }

  /** Whether norms multiply by 1 + w, so that weights start at zero: Gemma. */
  public boolean onePlusWeight() {
    return variant == Variant.GEMMA;
  }

  /** Whether embeddings are multiplied by the root of the hidden size: Gemma. */
  public boolean scalesEmbeddings() {
    return variant == Variant.GEMMA;
  }

  @Override
  public LlamaConfig withVocabSize(int vocabSize) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  @Override
  public LlamaConfig withTieWordEmbeddings(boolean tieWordEmbeddings) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  @Override
  public LlamaConfig withSpecialTokens(SpecialTokens specialTokens) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  private LlamaConfig with(int vocabSize, boolean tieWordEmbeddings, SpecialTokens specialTokens) {
    return new LlamaConfig(
        variant,
        vocabSize,
        hiddenSize,
        intermediateSize,
        numHiddenLayers,
        numAttentionHeads,
        numKeyValueHeads,
        headDim,
        hiddenAct,
        maxPositionEmbeddings,
        initializerRange,
        rmsNormEps,
        tieWordEmbeddings,
        ropeTheta,
        ropeScaling,
        qkvBias,
        outputBias,
        mlpBias,
        qkNorm,
        slidingWindow,
        maxWindowLayers,
        attentionDropout,
        specialTokens);
  }
}
