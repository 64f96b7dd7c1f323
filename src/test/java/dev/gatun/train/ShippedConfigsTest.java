package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.hub.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ShippedConfigsTest {
  private static final Path CONFIGS = Path.of("configs");

  @TestFactory
  List<DynamicTest> everyShippedConfigurationLoads() throws IOException {
    try (Stream<Path> files = Files.walk(CONFIGS)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .filter(file -> !file.startsWith(CONFIGS.resolve("models")))
          .map(file -> DynamicTest.dynamicTest(file.toString(), () -> read(file)))
          .toList();
    }
  }

  @Test
  void theRecipeIsTheRecipe() {
    RunConfig tune = read(CONFIGS.resolve("recipe/3-finetune.json"));
    assertEquals(256, tune.lora().orElseThrow().r());
    assertEquals(5e-6, tune.training().learningRate());
    assertTrue(tune.training().bf16());
    assertEquals("<|assistant|>", tune.data().loss().responseTemplate().orElseThrow());
    RunConfig pretrain = read(CONFIGS.resolve("recipe/2-pretrain.json"));
    assertEquals(0.001, pretrain.data().testSize());
    assertEquals(10_000, pretrain.training().warmupSteps());
    RunConfig first = read(CONFIGS.resolve("recipe/1-tokenizer.json"));
    assertEquals(TokenizerConfig.Type.BPE, ((TokenizerConfig.Train) first.tokenizer()).type());
  }

  private static RunConfig read(Path file) {
    return RunConfig.read(file.toString(), Json.readObject(file), List.of());
  }
}
