package dev.gatun.lora;

import dev.gatun.model.Gpt2Config;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.PhiConfig;
import dev.gatun.model.SpecialTokens;
import dev.gatun.nn.Activation;
import dev.gatun.nn.RopeScaling;

/** One small configuration of each family, of 11 tokens and two blocks. */
final class TinyModels {
  private TinyModels() {}

  static PhiConfig phi(boolean tied) {
    return new PhiConfig(
        11,
        16,
        12,
        2,
        2,
        2,
        Activation.GELU_NEW,
        16,
        0.3,
        1e-5,
        tied,
        100,
        new RopeScaling.Default(),
        0.5,
        false,
        0,
        0,
        0,
        SpecialTokens.none());
  }

  static LlamaConfig llama(boolean tied) {
    return new LlamaConfig(
        LlamaConfig.Variant.LLAMA,
        11,
        12,
        10,
        2,
        4,
        2,
        4,
        Activation.SILU,
        16,
        0.3,
        1e-5,
        tied,
        100,
        new RopeScaling.Default(),
        false,
        false,
        false,
        false,
        0,
        0,
        0,
        SpecialTokens.none());
  }

  static Gpt2Config gpt2(boolean tied) {
    return new Gpt2Config(
        11,
        16,
        12,
        2,
        3,
        20,
        Activation.GELU_NEW,
        0,
        0,
        0,
        1e-5,
        0.3,
        true,
        !tied,
        tied,
        SpecialTokens.none());
  }
}
