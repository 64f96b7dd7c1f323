package dev.gatun.model;

import static dev.gatun.model.ModelConfig.requireDivides;
import static dev.gatun.model.ModelConfig.requirePositive;
import static dev.gatun.model.ModelConfig.requireProbability;

import dev.gatun.core.ConfigurationException;
import dev.gatun.nn.Activation;
import dev.gatun.nn.RopeScaling;

/**
 * Phi-1, Phi-1.5 and Phi-2: {@code model_type} {@code "phi"}.
 *
 * @param vocabSize {@code vocab_size}, default 51200
 * @param hiddenSize {@code hidden_size}, default 2048
 * @param intermediateSize {@code intermediate_size}, default 8192
 * @param numHiddenLayers {@code num_hidden_layers}, default 24
 * @param numAttentionHeads {@code num_attention_heads}, default 32; divides the hidden size
 * @param numKeyValueHeads {@code num_key_value_heads}, default that of the query heads
 * @param hiddenAct {@code hidden_act}, default {@code gelu_new}
 * @param maxPositionEmbeddings {@code max_position_embeddings}, default 2048
 * @param initializerRange {@code initializer_range}, default 0.02
 * @param layerNormEps {@code layer_norm_eps}, default 1e-5
 * @param tieWordEmbeddings {@code tie_word_embeddings}, default false
 * @param ropeTheta {@code rope_theta}, default 10000
 * @param ropeScaling {@code rope_scaling}, default none
 * @param partialRotaryFactor {@code partial_rotary_factor}, default 0.5: the part of each head that
 *     is rotated
 * @param qkLayernorm {@code qk_layernorm}, default false: whether queries and keys are normalised
 *     within each head
 * @param residPdrop {@code resid_pdrop}, default 0: dropout after both branches
 * @param embdPdrop {@code embd_pdrop}, default 0: dropout after the embedding
 * @param attentionDropout {@code attention_dropout}, default 0
 * @param specialTokens default bos 1, eos 2, no pad
 */
public record PhiConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    Activation hiddenAct,
    int maxPositionEmbeddings,
    double initializerRange,
    double layerNormEps,
    boolean tieWordEmbeddings,
    double ropeTheta,
    RopeScaling ropeScaling,
    double partialRotaryFactor,
    boolean qkLayernorm,
    double residPdrop,
    double embdPdrop,
    double attentionDropout,
    SpecialTokens specialTokens)
    implements ModelConfig {
  public PhiConfig {
    requirePositive("vocab_size", vocabSize);
    requirePositive("hidden_size", hiddenSize);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("num_hidden_layers", numHiddenLayers);
    requirePositive("num_attention_heads", numAttentionHeads);
    requirePositive("num_key_value_heads", numKeyValueHeads);
    requirePositive("max_position_embeddings", maxPositionEmbeddings);
    requireDivides("num_attention_heads", numAttentionHeads, "hidden_size", hiddenSize);
    requireDivides(
        "num_key_value_heads", numKeyValueHeads, "num_attention_heads", numAttentionHeads);
    requireProbability("resid_pdrop", residPdrop);
    requireProbability("embd_pdrop", embdPdrop);
    requireProbability("attention_dropout", attentionDropout);
    int headDim = hiddenSize / numAttentionHeads;
    int rotary = (int) (partialRotaryFactor * headDim);
    if (rotary < 2 || rotary % 2 != 0 || partialRotaryFactor > 1) {
      throw new ConfigurationException(
          "key \"partial_rotary_factor\" is %s, which rotates %d of %d dimensions of a head;"
                  .formatted(partialRotaryFactor, rotary, headDim)
              + " an even number of at least 2 is needed");
    }
  }

  @Override
  public String modelType() {
    return "phi";
  }

  @Override
  public int headDim() {
    return hiddenSize / numAttentionHeads;
  }

  /** R: how many dimensions of each head are rotated. */
  public int rotaryDim() {
    return (int) (partialRotaryFactor * headDim());
  }

  @Override
  public PhiConfig withVocabSize(int vocabSize) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  @Override
  public PhiConfig withTieWordEmbeddings(boolean tieWordEmbeddings) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  @Override
  public PhiConfig withSpecialTokens(SpecialTokens specialTokens) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  private PhiConfig with(int vocabSize, boolean tieWordEmbeddings, SpecialTokens specialTokens) {
    return new PhiConfig(
        vocabSize,
        hiddenSize,
        intermediateSize,
        numHiddenLayers,
        numAttentionHeads,
        numKeyValueHeads,
        hiddenAct,
        maxPositionEmbeddings,
        initializerRange,
        layerNormEps,
        tieWordEmbeddings,
        ropeTheta,
        ropeScaling,
        partialRotaryFactor,
        qkLayernorm,
        residPdrop,
        embdPdrop,
        attentionDropout,
        specialTokens);
  }
}
