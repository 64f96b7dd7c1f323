package dev.gatun.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.WeightStorage;
import dev.gatun.nn.KvCache;
import dev.gatun.nn.Parameter;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Models whose weights are stored in fewer bits, reading prompts and decoding. */
class StoredWeightsTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  private static final List<String> MODELS =
      List.of(
          """
          {"model_type": "llama", "hidden_size": 72, "intermediate_size": 104, "head_dim": 20,
           "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
           "max_position_embeddings": 32, "vocab_size": 97, "tie_word_embeddings": false}
          """,
          """
          {"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 32,
           "vocab_size": 61}
          """,
          """
          {"model_type": "phi", "hidden_size": 32, "intermediate_size": 48, "vocab_size": 33,
           "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 32}
          """);

  static Stream<Arguments> storages() {
    return MODELS.stream()
        .flatMap(
            model ->
                Stream.of(
                    Arguments.of(model, WeightStorage.all(DType.BF16), 0.01),
                    Arguments.of(model, WeightStorage.all(DType.Q8_0), 0.02),
                    Arguments.of(model, new WeightStorage(DType.Q4_0, DType.Q8_0), 0.3),
                    Arguments.of(model, new WeightStorage(DType.NF4, DType.BF16), 0.3),
                    Arguments.of(model, new WeightStorage(DType.NF4_DOUBLE, DType.F32), 0.3)));
  }

  /** What is stored decides the numbers, how it is stored does not: bit for bit. */
  @ParameterizedTest
  @MethodSource("storages")
  void aModelComputesWhatItsUnpackedWeightsDo(
      String json, WeightStorage storage, double difference) {
    try (Region region = new Region("model")) {
      CausalLm exact = model(json, WeightStorage.F32, region);
      CausalLm stored = model(json, storage, region);
      double[] before = logits(exact);
      double[] actual = logits(stored);
      double distance = distance(before, actual);
      assertTrue(distance > 0, "nothing was rounded");
      assertTrue(distance <= difference, storage + " is off by " + distance);
      for (Parameter parameter : exact.parameters()) {
        Parameter same = stored.parameters().get(parameter.name());
        Tensors.copy(same.unpacked(region), parameter.ownValue());
      }
      assertArrayEquals(logits(exact), actual);
    }
  }

  @ParameterizedTest
  @MethodSource("storages")
  void nothingOfItIsTrained(String json, WeightStorage storage, double difference) {
    try (Region region = new Region("model")) {
      CausalLm model = model(json, storage, region);
      assertTrue(model.parameters().trainable().isEmpty(), difference + " is not asked for");
      Parameter weight =
          model.parameters().all().stream().filter(Parameter::isStored).findFirst().orElseThrow();
      assertThrows(IllegalStateException.class, () -> weight.setRequiresGrad(true));
      assertThrows(IllegalStateException.class, () -> weight.storeAs(DType.Q8_0));
    }
  }

  private static CausalLm model(String json, WeightStorage storage, Region region) {
    JsonFields fields =
        JsonFields.ofConfiguration(
            "model", Json.parseObject("model", json.getBytes(StandardCharsets.UTF_8)));
    CausalLm model = ModelConfigs.parse(fields).build();
    storage.apply(model);
    model.parameters().materialize(region, DType.F32);
    model.parameters().initialize(5);
    return model;
  }

  /** The scores after the prompt and after each of a few further tokens. */
  private static double[] logits(CausalLm model) {
    double[] all = {};
    try (Region session = new Region("session");
        Region step = new Region("step")) {
      KvCache cache = model.newCache(session, 1, 16);
      for (int[] ids : new int[][] {PROMPT, {7}, {11}, {2}}) {
        step.reset();
        double[] scores =
            Step.run(
                step,
                () -> {
                  Tensor tokens = Tensors.of(step, Shape.of(1, ids.length), ids);
                  return Tensors.toDoubles(
                      model.lastLogits(ForwardInput.of(step, tokens, new int[1], cache)));
                });
        int before = all.length;
        all = Arrays.copyOf(all, before + scores.length);
        System.arraycopy(scores, 0, all, before, scores.length);
      }
    }
    return all;
  }

  /** The Euclidean distance as a share of the length. */
  private static double distance(double[] expected, double[] actual) {
    double distance = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      distance += (expected[i] - actual[i]) * (expected[i] - actual[i]);
      length += expected[i] * expected[i];
    }
    return Math.sqrt(distance / length);
  }
}
