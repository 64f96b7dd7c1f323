package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GoldenRotationTest {
  private static final Path ROTATION =
      Path.of(System.getenv().getOrDefault("GATUN_SHARED", "../shared"))
          .resolve("golden/training/checkpoint_rotation");

  @Test
  void runsKeepTheCheckpointsThatTransformersKeeps() {
    assumeTrue(Files.isDirectory(ROTATION), () -> ROTATION + " is absent");
    List<Comparison> comparisons = GoldenRotation.check(ROTATION);
    assertEquals(5 * (2 * 10 + 1), comparisons.size());
    assertEquals(List.of(), comparisons.stream().filter(one -> !one.passes()).toList());
  }

  @Test
  void anotherLimitFails(@TempDir Path folder) throws IOException {
    assumeTrue(Files.isDirectory(ROTATION), () -> ROTATION + " is absent");
    String text = Files.readString(ROTATION.resolve("expected.json"));
    Files.writeString(
        folder.resolve("expected.json"),
        text.replace("\"save_total_limit\": 5", "\"save_total_limit\": 4"));
    assertFalse(GoldenRotation.check(folder).stream().allMatch(Comparison::passes));
  }
}
