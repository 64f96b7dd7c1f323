package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.Parameter;
import dev.gatun.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RoundedWeightsTest {
  private static final String SIZES =
      "\"vocab_size\": 20, \"hidden_size\": 16, \"intermediate_size\": 24,"
          + " \"num_hidden_layers\": 1, \"num_attention_heads\": 2,"
          + " \"max_position_embeddings\": 8, \"n_embd\": 16, \"n_layer\": 1, \"n_head\": 2,"
          + " \"n_positions\": 8";

  /** Only what is a factor of a matrix product is rounded, and all comes back. */
  @ParameterizedTest
  @CsvSource({
    "phi, model.embed_tokens.weight",
    "llama, model.embed_tokens.weight",
    "gpt2, transformer.wpe.weight",
  })
  void weightsOfProductsAreRoundedMeanwhile(String family, String lookedUp) {
    try (Region region = new Region("model")) {
      CausalLm model = build(family);
      model.parameters().materialize(region, DType.F32);
      model.parameters().initialize(3);
      Map<String, float[]> before = values(model);
      RoundedWeights weights = RoundedWeights.of(new TrainedModel.Whole(model), region);
      Map<String, float[]> during = weights.during(() -> values(model));
      for (Parameter parameter : model.parameters()) {
        String name = parameter.name();
        boolean rounds = parameter.shape().rank() == 2 && !Set.of(lookedUp).contains(name);
        float[] unrounded = Objects.requireNonNull(before.get(name));
        float[] expected = unrounded.clone();
        for (int i = 0; rounds && i < expected.length; i++) {
          expected[i] = Bf16.toFloat(Bf16.fromFloat(expected[i]));
        }
        assertArrayEquals(expected, during.get(name), name);
        assertArrayEquals(unrounded, values(model).get(name), name);
        assertEquals(rounds, !Arrays.equals(unrounded, during.get(name)), name);
      }
    }
  }

  private static CausalLm build(String family) {
    String json = "{\"model_type\": \"" + family + "\", " + SIZES + "}";
    return ModelConfigs.parse(
            JsonFields.ofConfiguration(
                family, Json.parseObject(family, json.getBytes(StandardCharsets.UTF_8))))
        .build();
  }

  private static Map<String, float[]> values(CausalLm model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Parameter parameter : model.parameters()) {
      values.put(parameter.name(), Tensors.toFloats(parameter.value()));
    }
    return values;
  }
}
