package dev.gatun.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.nn.Activation;
import dev.gatun.nn.Init;
import dev.gatun.nn.Parameter;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the parameters of each family start as: {@code _init_weights} of transformers. */
final class ModelInitTest {
  private static final Init NORMAL = new Init.Normal(0.3);

  @Test
  void gpt2ScalesWhatIsAddedToTheResidualStream() {
    Init residual = new Init.Normal(0.3 / Math.sqrt(4));
    assertInits(
        TinyModels.gpt2(false, 0),
        Map.of(
            "transformer.wte.weight", NORMAL,
            "transformer.wpe.weight", NORMAL,
            "transformer.h.1.ln_1.weight", Init.ones(),
            "transformer.h.1.attn.c_attn.weight", NORMAL,
            "transformer.h.1.attn.c_attn.bias", Init.zeros(),
            "transformer.h.1.attn.c_proj.weight", residual,
            "transformer.h.1.mlp.c_fc.weight", NORMAL,
            "transformer.h.1.mlp.c_proj.weight", residual,
            "transformer.ln_f.bias", Init.zeros(),
            "lm_head.weight", NORMAL));
  }

  @Test
  void phiHasABiasInItsHeadEvenWhenTied() {
    assertInits(
        TinyModels.phi(1, true),
        Map.of(
            "model.embed_tokens.weight", NORMAL,
            "model.layers.0.self_attn.dense.weight", NORMAL,
            "model.layers.0.self_attn.q_proj.bias", Init.zeros(),
            "model.layers.0.mlp.fc2.weight", NORMAL,
            "model.layers.1.input_layernorm.weight", Init.ones(),
            "model.final_layernorm.bias", Init.zeros(),
            "lm_head.bias", Init.zeros()));
  }

  @Test
  void gemmaStoresItsNormsAsDifferenceFromOne() {
    assertInits(
        TinyModels.llama(
            LlamaConfig.Variant.GEMMA, Activation.GELU_PYTORCH_TANH, false, false, 0, 0),
        Map.of(
            "model.layers.0.input_layernorm.weight",
            Init.zeros(),
            "model.norm.weight",
            Init.zeros()));
    assertInits(
        TinyModels.llama(LlamaConfig.Variant.QWEN3, Activation.SILU, false, true, 0, 0),
        Map.of(
            "model.layers.0.self_attn.q_norm.weight", Init.ones(),
            "model.layers.1.mlp.gate_proj.weight", NORMAL,
            "model.norm.weight", Init.ones()));
  }

  private static void assertInits(ModelConfig config, Map<String, Init> expected) {
    Map<String, Init> actual = new TreeMap<>();
    for (Parameter parameter : config.build().parameters()) {
      if (expected.containsKey(parameter.name())) {
        actual.put(parameter.name(), parameter.init());
      }
    }
    assertEquals(new TreeMap<>(expected), actual);
  }
}
