package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fixtures of tokenizers, their training, and generation; and that a wrong one is noticed. */
class GoldenTokensTest {
  private static final Path SHARED = Path.of("../shared/golden");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"tokenizers", "bpe_training", "generation"})
  void fixturesPass(String kind) {
    Path root = SHARED.resolve(kind);
    assumeTrue(Files.isDirectory(root), root + " is not there");
    List<Comparison> comparisons =
        Golden.check(root).values().stream().flatMap(List::stream).toList();
    assertFalse(comparisons.isEmpty());
    assertEquals(List.of(), comparisons.stream().filter(one -> !one.passes()).toList());
  }

  @Test
  void aWrongIdIsNoticed() throws IOException {
    Path fixture = copy("tokenizers/bytelevel_small");
    Path cases = fixture.resolve("cases.jsonl");
    List<String> lines = Files.readAllLines(cases);
    Files.write(cases, List.of(lines.get(40).replaceFirst("\"ids\":\\[", "\"ids\":[7,")));
    List<Comparison> comparisons = GoldenTokenizers.check(fixture);
    assertEquals(1, comparisons.size());
    assertFalse(comparisons.getFirst().passes());
    assertTrue(comparisons.getFirst().what().endsWith(" ids"), comparisons.getFirst().what());
  }

  @Test
  void aMergeTooManyIsNoticed() throws IOException {
    Path fixture = copy("bpe_training");
    Path meta = fixture.resolve("meta.json");
    Files.writeString(meta, Files.readString(meta).replace("min_frequency 2", "min_frequency 9"));
    List<Comparison> failed =
        GoldenBpeTraining.check(fixture).stream().filter(one -> !one.passes()).toList();
    assertFalse(failed.isEmpty());
    assertTrue(failed.stream().allMatch(one -> one.what().startsWith("natural_bytelevel")));
  }

  private Path copy(String name) throws IOException {
    Path source = SHARED.resolve(name);
    assumeTrue(Files.isDirectory(source), source + " is not there");
    Path target = Files.createDirectory(folder.resolve("copy"));
    try (var files = Files.list(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return target;
  }
}
