package dev.gatun.model;

import static dev.gatun.model.ModelConfig.requireDivides;
import static dev.gatun.model.ModelConfig.requirePositive;
import static dev.gatun.model.ModelConfig.requireProbability;

import dev.gatun.nn.Activation;

/**
 * GPT-2: {@code model_type} {@code "gpt2"}.
 *
 * @param vocabSize {@code vocab_size}, default 50257
 * @param nPositions {@code n_positions}, default 1024
 * @param nEmbd {@code n_embd}, default 768
 * @param nLayer {@code n_layer}, default 12
 * @param nHead {@code n_head}, default 12; divides {@code n_embd}
 * @param nInner {@code n_inner}, the width of the feed-forward layer; 4·{@code n_embd} where the
 *     key is absent or null
 * @param activationFunction {@code activation_function}, default {@code gelu_new}
 * @param residPdrop {@code resid_pdrop}, default 0.1: dropout after attention and feed-forward
 *     layer
 * @param embdPdrop {@code embd_pdrop}, default 0.1: dropout after the embeddings
 * @param attnPdrop {@code attn_pdrop}, default 0.1: dropout of attention weights
 * @param layerNormEpsilon {@code layer_norm_epsilon}, default 1e-5
 * @param initializerRange {@code initializer_range}, default 0.02
 * @param scaleAttnWeights {@code scale_attn_weights}, default true: scores divided by the root of
 *     the head's width
 * @param scaleAttnByInverseLayerIdx {@code scale_attn_by_inverse_layer_idx}, default false: scores
 *     of layer i also divided by i + 1
 * @param tieWordEmbeddings {@code tie_word_embeddings}, default true
 * @param specialTokens default bos 50256, eos 50256, no pad
 */
public record Gpt2Config(
    int vocabSize,
    int nPositions,
    int nEmbd,
    int nLayer,
    int nHead,
    int nInner,
    Activation activationFunction,
    double residPdrop,
    double embdPdrop,
    double attnPdrop,
    double layerNormEpsilon,
    double initializerRange,
    boolean scaleAttnWeights,
    boolean scaleAttnByInverseLayerIdx,
    boolean tieWordEmbeddings,
    SpecialTokens specialTokens)
    implements ModelConfig {
  public Gpt2Config {
    requirePositive("vocab_size", vocabSize);
    requirePositive("n_positions", nPositions);
    requirePositive("n_embd", nEmbd);
    requirePositive("n_layer", nLayer);
    requirePositive("n_head", nHead);
    requirePositive("n_inner", nInner);
    requireDivides("n_head", nHead, "n_embd", nEmbd);
    requireProbability("resid_pdrop", residPdrop);
    requireProbability("embd_pdrop", embdPdrop);
    requireProbability("attn_pdrop", attnPdrop);
  }

  @Override
  public String modelType() {
    return "gpt2";
  }

  @Override
  public int hiddenSize() {
    return nEmbd;
  }

  @Override
  public int numHiddenLayers() {
    return nLayer;
  }

  @Override
  public int numAttentionHeads() {
    return nHead;
  }

  @Override
  public int numKeyValueHeads() {
    return nHead;
  }

  @Override
  public int headDim() {
    return nEmbd / nHead;
  }

  @Override
  public int maxPositionEmbeddings() {
    return nPositions;
  }

  @Override
  public Gpt2Config withVocabSize(int vocabSize) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  @Override
  public Gpt2Config withTieWordEmbeddings(boolean tieWordEmbeddings) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  @Override
  public Gpt2Config withSpecialTokens(SpecialTokens specialTokens) {
    return with(vocabSize, tieWordEmbeddings, specialTokens);
  }

  private Gpt2Config with(int vocabSize, boolean tieWordEmbeddings, SpecialTokens specialTokens) {
    return new Gpt2Config(
        vocabSize,
        nPositions,
        nEmbd,
        nLayer,
        nHead,
        nInner,
        activationFunction,
        residPdrop,
        embdPdrop,
        attnPdrop,
        layerNormEpsilon,
        initializerRange,
        scaleAttnWeights,
        scaleAttnByInverseLayerIdx,
        tieWordEmbeddings,
        specialTokens);
  }
}
