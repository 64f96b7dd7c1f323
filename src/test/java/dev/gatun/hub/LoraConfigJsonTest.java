package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.lora.LoraConfig;
import dev.gatun.lora.LoraConfig.Bias;
import dev.gatun.lora.LoraConfig.Initialization;
import dev.gatun.lora.ModuleSelection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class LoraConfigJsonTest {
  private static final String EVERYTHING =
      """
      {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 16, "lora_alpha": 32.5,
       "target_modules": ["q_proj", "v_proj"], "exclude_modules": ".*layers\\\\.3\\\\..*",
       "lora_dropout": 0.05, "bias": "lora_only", "use_rslora": true,
       "modules_to_save": ["lm_head"], "init_lora_weights": "gaussian",
       "layers_to_transform": [0, 2], "layers_pattern": "layers",
       "rank_pattern": {"q_proj": 4}, "alpha_pattern": {"v_proj": 2}, "fan_in_fan_out": false}
      """;

  @Test
  void everyKeyIsRead() {
    assertEquals(
        new LoraConfig(
            16,
            new ModuleSelection.Names(List.of("q_proj", "v_proj")),
            new ModuleSelection.Regex(".*layers\\.3\\..*"),
            32.5,
            0.05,
            Bias.LORA_ONLY,
            true,
            List.of("lm_head"),
            Initialization.GAUSSIAN,
            List.of(0, 2),
            List.of("layers"),
            Map.of("q_proj", 4),
            Map.of("v_proj", 2.0)),
        read(EVERYTHING));
  }

  @Test
  void anEmptyObjectIsPeftsDefaults() {
    assertEquals(LoraConfig.defaults(), read("{}"));
    assertEquals(
        new ModuleSelection.AllLinear(),
        read("{\"target_modules\": \"All-Linear\"}").targetModules());
    assertEquals(Initialization.RANDOM, read("{\"init_lora_weights\": false}").initLoraWeights());
    assertEquals(
        List.of(3),
        read("{\"layers_to_transform\": 3, \"target_modules\": [\"q\"]}").layersToTransform());
  }

  @Test
  void whatIsWrittenIsReadBack() {
    LoraConfig config = read(EVERYTHING);
    ObjectNode json = LoraConfigJson.write(config, "models/base", true);
    assertEquals("models/base", json.get("base_model_name_or_path").asText());
    assertTrue(json.get("fan_in_fan_out").booleanValue());
    JsonFields fields = JsonFields.ofData("adapter_config.json", json);
    fields.accept("base_model_name_or_path");
    assertEquals(config, LoraConfigJson.read(fields));
    LoraConfigJson.rejectUnknown(fields);
  }

  @TestFactory
  Stream<DynamicTest> whatCannotBeHonouredIsRefused() {
    return Map.ofEntries(
            Map.entry("{\"use_dora\": true}", "use_dora is something that PEFT offers"),
            Map.entry("{\"lora_bias\": true}", "lora_bias is something that PEFT offers"),
            Map.entry("{\"target_parameters\": [\"a\"]}", "target_parameters is something"),
            Map.entry("{\"loftq_config\": {\"loftq_bits\": 4}}", "loftq_config is something"),
            Map.entry("{\"init_lora_weights\": \"pissa_niter_4\"}", "which PEFT offers and Gatun"),
            Map.entry("{\"init_lora_weights\": \"zero\"}", "must be true, false or \"gaussian\""),
            Map.entry("{\"peft_type\": \"IA3\"}", "only LORA is offered"),
            Map.entry("{\"task_type\": \"SEQ_CLS\"}", "only CAUSAL_LM is offered"),
            Map.entry("{\"bias\": \"some\"}", "bias must be one of none, all, lora_only"),
            Map.entry("{\"r\": 0}", "r must be above 0"),
            Map.entry("{\"r\": 2.5}", "r must be an integer"),
            Map.entry("{\"rank_pattern\": {\"q_proj\": -1}}", "rank_pattern.q_proj must be above"),
            Map.entry("{\"rank_pattern\": {\"(\": 1}}", "is no regular expression"),
            Map.entry("{\"lora_dropout\": 1}", "lora_dropout"),
            Map.entry("{\"target_modules\": \"(q_proj\"}", "is no regular expression"),
            Map.entry("{\"target_modules\": 7}", "target_modules must be a text"),
            Map.entry("{\"target_modules\": [7]}", "target_modules[0] must be a text"),
            Map.entry("{\"layers_pattern\": [\"h\"]}", "layers_pattern"),
            Map.entry(
                "{\"target_modules\": \"q\", \"layers_to_transform\": 1}", "layers_to_transform"),
            Map.entry("{\"target_module\": [\"q\"]}", "did you mean \"target_modules\""))
        .entrySet()
        .stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> {
                      ConfigurationException e =
                          assertThrows(ConfigurationException.class, () -> read(entry.getKey()));
                      String message = String.valueOf(e.getMessage());
                      assertTrue(message.startsWith("run.json: "), message);
                      assertTrue(message.contains(entry.getValue()), message);
                    }));
  }

  @Test
  void anUnknownKeyOfALaterPeftMayBeThereIfItIsOff() {
    JsonFields off = data("{\"use_later\": false, \"later_config\": null, \"later\": {}}");
    LoraConfigJson.read(off);
    LoraConfigJson.rejectUnknown(off);
    JsonFields on = data("{\"use_later\": true}");
    LoraConfigJson.read(on);
    DataException e = assertThrows(DataException.class, () -> LoraConfigJson.rejectUnknown(on));
    assertTrue(e.toString().contains("use_later"), e.toString());
  }

  private static LoraConfig read(String json) {
    JsonFields fields = JsonFields.ofConfiguration("run.json", parse(json));
    LoraConfig config = LoraConfigJson.read(fields);
    fields.rejectUnknown();
    return config;
  }

  private static JsonFields data(String json) {
    return JsonFields.ofData("adapter_config.json", parse(json));
  }

  private static ObjectNode parse(String json) {
    return Json.parseObject("json", json.getBytes(StandardCharsets.UTF_8));
  }
}
