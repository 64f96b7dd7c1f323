package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every model fixture: logits, loss, hidden states and all gradients. */
final class GoldenModelsTest {
  private static final Path MODELS =
      Path.of(System.getenv().getOrDefault("GATUN_SHARED", "../shared"), "golden", "models");

  @TestFactory
  Stream<DynamicTest> modelsComputeWhatTheLibrariesDo() throws IOException {
    assumeTrue(Files.isDirectory(MODELS), () -> MODELS + " is absent");
    return Files.list(MODELS).sorted().map(GoldenModelsTest::test);
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
