package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every adapter fixture: logits with, without and merged, loss, gradients, the line of counts. */
final class GoldenLoraTest {
  private static final Path ADAPTERS =
      Path.of(System.getenv().getOrDefault("GATUN_SHARED", "../shared"), "golden", "lora");

  @TestFactory
  Stream<DynamicTest> adaptersComputeWhatPeftDoes() throws IOException {
    assumeTrue(Files.isDirectory(ADAPTERS), () -> ADAPTERS + " is absent");
    try (Stream<Path> folders = Files.list(ADAPTERS)) {
      return folders.sorted().toList().stream()
          .map(
              folder ->
                  DynamicTest.dynamicTest(
                      folder.getFileName().toString(),
                      () -> assertEquals(List.of(), failures(GoldenLora.check(folder)))));
    }
  }

  @Test
  void anAdapterThatDiffersInOneKeyFails(@TempDir Path folder) throws IOException {
    copy(ADAPTERS.resolve("lora_llama_qv"), folder);
    Path config = folder.resolve("adapter").resolve("adapter_config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"lora_alpha\": 32", "\"lora_alpha\": 33"));
    List<String> failures = failures(GoldenLora.check(folder));
    assertTrue(failures.contains("logits"), failures.toString());
    assertTrue(failures.contains("merged_logits"), failures.toString());
    assertTrue(
        failures.contains("merged/model.layers.1.self_attn.v_proj.weight"), failures.toString());
    assertTrue(!failures.contains("base_logits"), failures.toString());
  }

  private static List<String> failures(List<Comparison> comparisons) {
    return comparisons.stream()
        .filter(comparison -> !comparison.passes())
        .map(comparison -> comparison.what().replaceFirst(".* ", ""))
        .toList();
  }

  private static void copy(Path from, Path to) throws IOException {
    assumeTrue(Files.isDirectory(from), () -> from + " is absent");
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.write(target, Files.readAllBytes(file));
      }
    }
  }
}
