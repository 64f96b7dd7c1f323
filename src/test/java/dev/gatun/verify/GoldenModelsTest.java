package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.hub.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every model fixture: logits, loss, hidden states and all gradients. */
final class GoldenModelsTest {
  private static final Path MODELS =
      Path.of(System.getenv().getOrDefault("GATUN_SHARED", "../shared"), "golden", "models");

  @TestFactory
  Stream<DynamicTest> modelsComputeWhatTheLibrariesDo() throws IOException {
    assumeTrue(Files.isDirectory(MODELS), () -> MODELS + " is absent");
    try (Stream<Path> folders = Files.list(MODELS)) {
      return folders.sorted().toList().stream().map(GoldenModelsTest::test);
    }
  }

  @Test
  void aModelThatDiffersInOneKeyFails(@TempDir Path folder) throws IOException {
    copy("mistral_swa", folder);
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"sliding_window\": 8", "\"sliding_window\": 7"));
    List<String> failures =
        GoldenModels.check(folder).stream()
            .filter(c -> !c.passes())
            .map(c -> c.what().replaceFirst(".* ", ""))
            .toList();
    assertTrue(failures.contains("plain/logits"), failures.toString());
    assertTrue(failures.contains("leftpad/loss"), failures.toString());
    assertTrue(
        failures.contains("plain/grad/model.layers.0.self_attn.k_proj.weight"),
        failures.toString());
  }

  @Test
  void whatIsExpectedButNotComparedIsAnError(@TempDir Path folder) throws IOException {
    copy("phi", folder);
    Path inputs = folder.resolve("inputs.json");
    ObjectNode changed = Json.readObject(inputs);
    changed.withArray("cases").remove(1);
    Json.write(inputs, changed);
    DataException e = assertThrows(DataException.class, () -> GoldenModels.check(folder));
    assertTrue(e.toString().contains("rightpad/logits"), e.toString());
  }

  @Test
  void aFolderWithoutFixtureIsAnError(@TempDir Path folder) {
    DataException e = assertThrows(DataException.class, () -> GoldenModels.checkAll(folder));
    assertTrue(e.toString().contains(folder.toString()), e.toString());
  }

  private static void copy(String fixture, Path folder) throws IOException {
    Path from = MODELS.resolve(fixture);
    assumeTrue(Files.isDirectory(from), () -> from + " is absent");
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
  }

  private static DynamicTest test(Path folder) {
    return DynamicTest.dynamicTest(
        folder.getFileName().toString(),
        () -> {
          List<Comparison> failures =
              GoldenModels.check(folder).stream().filter(c -> !c.passes()).toList();
          assertEquals(List.of(), failures);
        });
  }
}
