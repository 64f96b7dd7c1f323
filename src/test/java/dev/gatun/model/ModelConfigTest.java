package dev.gatun.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.nn.Activation;
import dev.gatun.nn.RopeScaling;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class ModelConfigTest {
  @Test
  void whatCannotBeIsRefusedByKey() {
    Map<String, Executable> cases =
        Map.of(
            "vocab_size", () -> TinyModels.phi(1, false).withVocabSize(0),
            "num_attention_heads", () -> TinyModels.phi(3, false),
            "partial_rotary_factor", () -> phi(0.125),
            "head_dim", () -> llama(3, 0, 0),
            "sliding_window", () -> llama(4, -1, 0),
            "n_embd", () -> gpt2(5, 0, 0),
            "resid_pdrop", () -> gpt2(3, 1, 0),
            "embd_pdrop", () -> gpt2(3, 0, Double.NaN));
    cases.forEach(
        (key, construct) -> {
          ConfigurationException e = assertThrows(ConfigurationException.class, construct, key);
          assertTrue(e.toString().contains("\"" + key + "\""), e.toString());
        });
  }

  @Test
  void theVocabularyCanBeChangedAlone() {
    for (ModelConfig config : TinyModels.all()) {
      ModelConfig larger = config.withVocabSize(99);
      assertEquals(99, larger.vocabSize());
      assertEquals(config, larger.withVocabSize(config.vocabSize()));
      SpecialTokens tokens = new SpecialTokens(1, List.of(2, 3), 4);
      assertEquals(tokens, config.withSpecialTokens(tokens).specialTokens());
    }
  }

  @Test
  void theFirstLayersSeeAllKeys() {
    LlamaConfig config = llama(4, 5, 1);
    assertEquals(0, config.windowOf(0));
    assertEquals(5, config.windowOf(1));
  }

  private static LlamaConfig llama(int headDim, int window, int fullLayers) {
    return new LlamaConfig(
        LlamaConfig.Variant.MISTRAL,
        11,
        12,
        10,
        2,
        4,
        2,
        headDim,
        Activation.SILU,
        16,
        0.3,
        1e-5,
        false,
        100,
        new RopeScaling.Default(),
        false,
        false,
        false,
        false,
        window,
        fullLayers,
        0,
        SpecialTokens.none());
  }

  private static PhiConfig phi(double partialRotaryFactor) {
    PhiConfig base = TinyModels.phi(2, false);
    return new PhiConfig(
        base.vocabSize(),
        base.hiddenSize(),
        base.intermediateSize(),
        base.numHiddenLayers(),
        base.numAttentionHeads(),
        base.numKeyValueHeads(),
        base.hiddenAct(),
        base.maxPositionEmbeddings(),
        base.initializerRange(),
        base.layerNormEps(),
        base.tieWordEmbeddings(),
        base.ropeTheta(),
        base.ropeScaling(),
        partialRotaryFactor,
        base.qkLayernorm(),
        0,
        0,
        0,
        base.specialTokens());
  }

  private static Gpt2Config gpt2(int heads, double residual, double embedding) {
    return new Gpt2Config(
        11,
        16,
        12,
        2,
        heads,
        20,
        Activation.GELU_NEW,
        residual,
        embedding,
        0,
        1e-5,
        0.3,
        true,
        false,
        true,
        SpecialTokens.none());
  }
}
