package dev.gatun.model;

import dev.gatun.nn.Activation;
import dev.gatun.nn.RopeScaling;
import java.util.List;

/** The smallest configurations that exercise every switch of every family. */
final class TinyModels {
  static final int VOCAB = 11;

  private TinyModels() {}

  static List<ModelConfig> all() {
    return List.of(
        phi(2, false),
        phi(1, true),
        phi(2, 1, false, true),
        llama(LlamaConfig.Variant.LLAMA, Activation.SILU, false, false, 0, 0),
        llama(LlamaConfig.Variant.MISTRAL, Activation.SILU, false, false, 3, 0),
        llama(LlamaConfig.Variant.QWEN2, Activation.SILU, true, false, 2, 1),
        llama(LlamaConfig.Variant.QWEN3, Activation.SILU, false, true, 0, 0),
        llama(LlamaConfig.Variant.GEMMA, Activation.GELU_PYTORCH_TANH, false, false, 0, 0),
        llama(LlamaConfig.Variant.LLAMA, Activation.GELU, true, false, 0, 0),
        gpt2(true, 0),
        gpt2(false, 0));
  }

  static PhiConfig phi(int keyValueHeads, boolean tied) {
    return phi(2, keyValueHeads, tied);
  }

  static PhiConfig phi(int layers, int keyValueHeads, boolean tied) {
    return phi(layers, keyValueHeads, tied, false);
  }

  static PhiConfig phi(int layers, int keyValueHeads, boolean tied, boolean qkLayernorm) {
    return new PhiConfig(
        VOCAB,
        16,
        12,
        layers,
        2,
        keyValueHeads,
        Activation.GELU_NEW,
        16,
        0.3,
        1e-5,
        tied,
        100,
        new RopeScaling.Default(),
        0.5,
        qkLayernorm,
        0,
        0,
        0,
        SpecialTokens.none());
  }

  static LlamaConfig llama(
      LlamaConfig.Variant variant,
      Activation act,
      boolean bias,
      boolean qkNorm,
      int window,
      int fullLayers) {
    boolean tied = variant == LlamaConfig.Variant.GEMMA || variant == LlamaConfig.Variant.QWEN2;
    return new LlamaConfig(
        variant,
        VOCAB,
        12,
        10,
        2,
        4,
        2,
        4,
        act,
        16,
        0.3,
        1e-5,
        tied,
        100,
        bias ? new RopeScaling.Llama3(4, 1, 4, 8) : new RopeScaling.Linear(2),
        bias,
        bias && variant == LlamaConfig.Variant.LLAMA,
        bias && variant == LlamaConfig.Variant.LLAMA,
        qkNorm,
        window,
        fullLayers,
        0,
        SpecialTokens.none());
  }

  static Gpt2Config gpt2(boolean tied, double dropout) {
    return new Gpt2Config(
        VOCAB,
        16,
        12,
        2,
        3,
        20,
        Activation.GELU_NEW,
        dropout,
        dropout,
        dropout,
        1e-5,
        0.3,
        true,
        !tied,
        tied,
        SpecialTokens.none());
  }
}
