package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong in a run configuration, and whenever it is found: file and key are named. */
class ConfigurationErrorsTest {
  private static final String FILE = "configs/mine.json";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training.lr_scheduler_type=cosin | training.lr_scheduler_type",
        "lora={\"target_modules\": [\"nothing\"]} | target_modules",
        "lora={\"target_modules\": \"(\"} | target_modules",
        "lora={\"r\": 4, \"modules_to_save\": [\"nothing\"]} | modules_to_save",
        "device={\"name\": \"gpu\"} | device.name",
        "device={\"gemm\": \"mine\"} | device.gemm",
        "data.context_length=4096 | data.context_length",
        "data.test_size=1.5 | test_size",
        "data.template=text | data.template",
        "model.config.num_attention_heads=3 | num_attention_heads",
        "model.config.hidden_act=gelo | model.config: hidden_act",
        "model.config.partial_rotary_factor=0.01 | partial_rotary_factor",
        "model={} | model.config",
        "generation={\"temperature\": -1} | generation.temperature",
        "then={\"data\": {\"generated\": \"quickstart\"}, \"training\": {\"lr_scheduler_type\": \"cosin\"}} | then: training.lr_scheduler_type",
        "then={\"device\": {\"gemm\": \"mine\"}} | then: device.gemm"
      })
  void fileAndKeyAreNamed(String change, String key) throws IOException {
    String message = message(() -> train(change));
    assertTrue(message.startsWith(FILE + ": "), message);
    assertTrue(message.contains(key), message);
    assertTrue(message.indexOf(FILE) == message.lastIndexOf(FILE), message);
  }

  @Test
  void byInspectionAndByTrainingOfTokenizersToo() {
    List<String> change = List.of("data={\"generated\": \"novels\"}");
    Path out = folder.resolve("tokenizer");
    for (String message :
        List.of(
            message(() -> DataInspection.of(FILE, object(), change, 1, RunListener.SILENT)),
            message(() -> TokenizerRun.train(FILE, object(), change, out)))) {
      assertTrue(message.startsWith(FILE + ": data.generated"), message);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "model.config.hidden_act=gelo, hidden_act",
    "lora={\"target_modules\": [\"nothing\"]}, target_modules"
  })
  void byPlansToo(String change, String key) {
    RunConfig config = RunConfig.read(FILE, object(), List.of(change));
    String message = message(() -> RunPlan.of(config, _ -> Optional.empty(), OptionalInt.of(40)));
    assertTrue(message.startsWith(FILE + ": "), message);
    assertTrue(message.contains(key), message);
  }

  private static String message(Runnable work) {
    return String.valueOf(assertThrows(ConfigurationException.class, work::run).getMessage());
  }

  private void train(String change) {
    RunConfig config = RunConfig.read(FILE, object(), List.of(change));
    new TrainingRun(config, RunListener.SILENT, () -> false).run();
  }

  private ObjectNode object() {
    try {
      Path text = folder.resolve("text.txt");
      Files.writeString(text, "one line of text\nand another one\n".repeat(20));
      String json =
          """
          {
            "tokenizer": {"type": "characters"},
            "data": {"train_file": "%s", "test_size": 2, "context_length": 24},
            "model": {"config": {
              "model_type": "phi", "hidden_size": 16, "intermediate_size": 32,
              "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 32}},
            "training": {"max_steps": 1, "save_strategy": "no"},
            "run": {"output_dir": "%s"}
          }
          """
              .formatted(text, folder.resolve("out"));
      return Json.parseObject("test", json.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
