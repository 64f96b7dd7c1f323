package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import dev.gatun.model.Gpt2Config;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.PhiConfig;
import dev.gatun.model.SpecialTokens;
import dev.gatun.nn.Activation;
import dev.gatun.nn.RopeScaling;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigsTest {
  private static final RopeScaling PLAIN = new RopeScaling.Default();

  // spotless:off
  static final List<ModelConfig> DEFAULTS =
      List.of(
          new PhiConfig(51200, 2048, 8192, 24, 32, 32, Activation.GELU_NEW, 2048, 0.02, 1e-5, false,
              10000, PLAIN, 0.5, false, 0, 0, 0, new SpecialTokens(1, List.of(2), null)),
          llama(LlamaConfig.Variant.LLAMA, 32000, 4096, 11008, 32, 32, 32, 128, Activation.SILU,
              2048, false, 0, 0, new SpecialTokens(1, List.of(2), null)),
          llama(LlamaConfig.Variant.MISTRAL, 32000, 4096, 14336, 32, 32, 8, 128, Activation.SILU,
              131072, false, 4096, 0, new SpecialTokens(1, List.of(2), null)),
          llama(LlamaConfig.Variant.QWEN2, 151936, 4096, 22016, 32, 32, 32, 128, Activation.SILU,
              32768, false, 0, 28, SpecialTokens.none()),
          llama(LlamaConfig.Variant.QWEN3, 151936, 4096, 22016, 32, 32, 32, 128, Activation.SILU,
              32768, false, 0, 28, SpecialTokens.none()),
          llama(LlamaConfig.Variant.GEMMA, 256000, 3072, 24576, 28, 16, 16, 256,
              Activation.GELU_PYTORCH_TANH, 8192, true, 0, 0, new SpecialTokens(2, List.of(1), 0)),
          new Gpt2Config(50257, 1024, 768, 12, 12, 3072, Activation.GELU_NEW, 0.1, 0.1, 0.1, 1e-5,
              0.02, true, false, true, new SpecialTokens(50256, List.of(50256), null)));
  // spotless:on

  private static LlamaConfig llama(
      LlamaConfig.Variant variant,
      int vocab,
      int hidden,
      int intermediate,
      int layers,
      int heads,
      int keyValueHeads,
      int headDim,
      Activation activation,
      int positions,
      boolean tied,
      int window,
      int maxWindowLayers,
      SpecialTokens tokens) {
    boolean qwen2 = variant == LlamaConfig.Variant.QWEN2;
    boolean qwen3 = variant == LlamaConfig.Variant.QWEN3;
    return new LlamaConfig(
        variant,
        vocab,
        hidden,
        intermediate,
        layers,
        heads,
        keyValueHeads,
        headDim,
        activation,
        positions,
        0.02,
        1e-6,
        tied,
        10000,
        PLAIN,
        qwen2,
        false,
        false,
        qwen3,
        window,
        maxWindowLayers,
        0,
        tokens);
  }

  @ParameterizedTest
  @FieldSource("DEFAULTS")
  void anAbsentKeyHasTheDefaultOfTheFamily(ModelConfig expected) {
    assertEquals(expected, parse("{\"model_type\": \"%s\"}".formatted(expected.modelType())));
  }

  @ParameterizedTest
  @FieldSource("DEFAULTS")
  void writtenConfigurationsReadBack(ModelConfig config) {
    ModelConfig changed =
        config.withVocabSize(77).withSpecialTokens(new SpecialTokens(null, List.of(3, 4), 5));
    for (ModelConfig original : List.of(config, changed)) {
      ObjectNode json = ModelConfigs.write(original, DType.BF16, Json.object());
      JsonFields fields = JsonFields.ofData("f.json", json);
      assertEquals(original, ModelConfigs.parse(fields));
      fields.rejectUnknown();
      assertEquals(
          Optional.of(DType.BF16), ModelConfigs.storedType(JsonFields.ofData("f.json", json)));
    }
  }

  @Test
  void fixturesReadAndAreWrittenBackWithEveryKey() throws IOException {
    List<Path> files = new ArrayList<>(SharedFiles.below("golden", "/config.json"));
    files.addAll(SharedFiles.below("data/stories260K", "/config.json"));
    assertFalse(files.isEmpty());
    for (Path file : files) {
      HfDirectory directory = new HfDirectory(file.resolveSibling(""));
      ObjectNode before = directory.config();
      JsonFields fields = JsonFields.ofData(file.toString(), before);
      ModelConfig config = ModelConfigs.parse(fields);
      fields.rejectUnknown();
      DType stored = ModelConfigs.storedType(JsonFields.ofData("f.json", before)).orElseThrow();
      ObjectNode after = ModelConfigs.write(config, stored, before);
      assertEquals(config, ModelConfigs.parse(JsonFields.ofData("f.json", after)));
      for (Map.Entry<String, JsonNode> field : before.properties()) {
        if (!List.of("rope_parameters", "layer_types", "dtype").contains(field.getKey())) {
          assertEquals(field.getValue(), after.get(field.getKey()), file + ": " + field.getKey());
        }
      }
    }
  }

  @Test
  void readsWhatTheFixturesSay() {
    LlamaConfig rope = assertInstanceOf(LlamaConfig.class, fixture("llama3_rope"));
    assertEquals(new RopeScaling.Llama3(8, 1, 4, 32), rope.ropeScaling());
    LlamaConfig qwen3 = assertInstanceOf(LlamaConfig.class, fixture("qwen3"));
    assertEquals(20, qwen3.headDim());
    assertTrue(qwen3.qkNorm() && qwen3.tieWordEmbeddings());
    assertEquals(8, assertInstanceOf(LlamaConfig.class, fixture("mistral_swa")).slidingWindow());
    assertEquals(0, assertInstanceOf(LlamaConfig.class, fixture("mistral")).slidingWindow());
    assertTrue(fixture("gemma").tieWordEmbeddings());
    PhiConfig phi = assertInstanceOf(PhiConfig.class, fixture("phi_gqa_tied"));
    assertEquals(5000, phi.ropeTheta());
    assertEquals(192, assertInstanceOf(Gpt2Config.class, fixture("gpt2")).nInner());
  }

  /** Pairs of spellings of the same model: transformers 4, then 5. */
  static final List<List<String>> TWINS =
      List.of(
          List.of(
              "'llama', 'rope_theta': 5e5",
              "'llama', 'rope_parameters': {'rope_theta': 5e5, 'rope_type': 'default'}"),
          List.of(
              "'llama', 'rope_theta': 1e6, 'rope_scaling': {'type': 'linear', 'factor': 2}",
              "'llama', 'rope_theta': 9, 'rope_parameters':"
                  + " {'rope_theta': 1e6, 'rope_type': 'linear', 'factor': 2}"),
          List.of(
              "'phi', 'partial_rotary_factor': 0.25",
              "'phi', 'rope_parameters': {'rope_theta': 1e4, 'partial_rotary_factor': 0.25}"),
          List.of(
              "'qwen2', 'use_sliding_window': true, 'sliding_window': 64, 'max_window_layers': 1,"
                  + " 'num_hidden_layers': 2",
              "'qwen2', 'use_sliding_window': true, 'sliding_window': 64, 'num_hidden_layers': 2,"
                  + " 'layer_types': ['full_attention', 'sliding_attention']"),
          List.of(
              "'mistral', 'num_hidden_layers': 1",
              "'mistral', 'num_hidden_layers': 1, 'layer_types': ['sliding_attention']"),
          List.of("'llama', 'num_key_value_heads': null, 'head_dim': null", "'llama'"),
          List.of("'gemma', 'hidden_act': 'gelu', 'hidden_activation': null", "'gemma'"),
          List.of("'gpt2', 'n_inner': null", "'gpt2', 'n_inner': 3072"),
          List.of("'qwen2', 'sliding_window': 7, 'use_sliding_window': false", "'qwen2'"));

  @ParameterizedTest
  @FieldSource("TWINS")
  void bothSpellingsAreRead(List<String> twins) {
    assertEquals(ofType(twins.getFirst()), ofType(twins.getLast()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'phi', 'qk_layernorm': 1 | qk_layernorm must be true or false",
        "'phi', 'hidden_act': 'relu' | hidden_act must be one of gelu, gelu_new",
        "'llama', 'rope_scaling': {'type': 'dynamic', 'factor': 2} | rope_scaling.type is \"dynamic\"",
        "'llama', 'rope_scaling': {'rope_type': 'yarn'} | rope_scaling.rope_type is \"yarn\"",
        "'llama', 'rope_scaling': {'rope_type': 'linear'} | rope_scaling.factor is missing",
        "'llama', 'rope_scaling': {'rope_type': 'linear', 'factor': 0.5} | f.json: rope_scaling",
        "'llama', 'rope_theta': 0 | rope_theta must be above 0",
        "'llama', 'partial_rotary_factor': 0.5 | rotates whole heads",
        "'llama', 'hidden_size': 100, 'num_attention_heads': 3 | num_attention_heads = 3 does not",
        "'llama', 'num_key_value_heads': 5 | num_key_value_heads = 5 does not divide",
        "'llama', 'head_dim': 5 | even number",
        "'llama', 'vocab_size': 0 | vocab_size must be above 0",
        "'llama', 'vocab_size': '7' | vocab_size must be an integer",
        "'llama', 'quantization_config': {} | quantization_config says",
        "'llama', 'num_hidden_layers': 1, 'layer_types': ['sliding_attention'] | no sliding window",
        "'gemma', 'hidden_act': 'silu' | hidden_act is silu and hidden_activation is gelu_pytorch_tanh",
        "'gemma', 'use_bidirectional_attention': true | only causal",
        "'mistral', 'sliding_window': 0 | sliding_window must be above 0",
        "'mistral', 'num_hidden_layers': 1, 'layer_types': ['full_attention'] | layer_types must be",
        "'qwen3', 'num_hidden_layers': 2, 'layer_types': ['full_attention'] | has 1 entries",
        "'qwen3', 'num_hidden_layers': 1, 'layer_types': ['chunked'] | layer_types[0] is \"chunked\"",
        "'qwen3', 'num_hidden_layers': 2, 'use_sliding_window': true, 'layer_types':"
            + " ['sliding_attention', 'full_attention'] | full_attention layer after",
        "'gpt2', 'add_cross_attention': true | only causal",
        "'gpt2', 'n_head': 7 | n_head = 7 does not divide",
        "'gpt2', 'n_embd': 1073741824 | n_embd is 1073741824",
        "'gpt2', 'attn_pdrop': 1 | attn_pdrop",
        "'llamma' | did you mean \"llama\"?",
        "7 | model_type must be a text",
        "null | model_type must be a text"
      })
  void whatCannotBeHonouredIsNamed(String mistake) {
    String[] parts = mistake.split(" \\| ", 2);
    assertRefused(() -> ofType(parts[0]), "f.json: ", parts[1]);
  }

  @Test
  void aConfigurationWithinARunIsTheUsersMistake() {
    ObjectNode json = Json.object().put("model_type", "llama").put("head_dim", 5);
    assertThrows(
        ConfigurationException.class,
        () -> ModelConfigs.parse(JsonFields.ofConfiguration("run.json", json)));
    assertRefused(() -> parse("{}"), "f.json: model_type is missing");
  }

  @Test
  void unknownKeysCanBeRefused() {
    JsonFields fields =
        JsonFields.ofData("f.json", Json.object().put("model_type", "llama").put("hiden_size", 5));
    ModelConfigs.parse(fields);
    assertRefused(fields::rejectUnknown, "hiden_size is not known; did you mean \"hidden_size\"?");
  }

  /** Any value at any key is read or refused with a message. */
  @Test
  void wrongValuesAreRefusedNotThrown() {
    Philox random = new Philox(3, 0);
    String[] values = {
      "null",
      "-1",
      "0",
      "1",
      "3",
      "2147483647",
      "2147483648",
      "1e300",
      "1e999",
      "0.5",
      "true",
      "[]",
      "{}",
      "[1]",
      "\"x\"",
      "\"silu\"",
      "\"default\"",
      "{\"rope_type\":\"llama3\",\"factor\":0}"
    };
    int read = 0;
    for (int round = 0; round < 3_000; round++) {
      ObjectNode json =
          ModelConfigs.write(
              DEFAULTS.get(random.below(DEFAULTS.size(), 8L * round)), DType.F32, Json.object());
      List<String> keys = new ArrayList<>();
      json.fieldNames().forEachRemaining(keys::add);
      for (int edit = 0; edit < 2; edit++) {
        String key = keys.get(random.below(keys.size(), 8L * round + 1 + edit));
        String value = values[random.below(values.length, 8L * round + 4 + edit)];
        json.set(key, tree("{\"v\":" + value + "}").get("v"));
      }
      try {
        ModelConfigs.parse(JsonFields.ofData("f.json", json));
        read++;
      } catch (DataException e) {
        assertTrue(String.valueOf(e.getMessage()).startsWith("f.json: "), e.getMessage());
      }
    }
    assertTrue(read > 0 && read < 3_000);
  }

  private static ModelConfig fixture(String name) {
    return ModelConfigs.read(new HfDirectory(SharedFiles.require("golden/models/" + name)));
  }

  private static ModelConfig ofType(String typeAndKeys) {
    return parse(("{'model_type': " + typeAndKeys + "}").replace('\'', '"'));
  }

  private static ModelConfig parse(String json) {
    return ModelConfigs.parse(JsonFields.ofData("f.json", tree(json)));
  }

  private static ObjectNode tree(String json) {
    return Json.parseObject("f.json", json.getBytes(StandardCharsets.UTF_8));
  }
}
