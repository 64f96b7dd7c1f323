package dev.gatun.verify;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Fixtures made by the Hugging Face libraries, recognised by their files: models, adapters,
 * training runs and loss masks.
 */
public final class Golden {
  private Golden() {}

  /**
   * Checks a fixture, or every fixture below a folder.
   *
   * @return the comparisons by folder
   * @throws DataException if there is no fixture, or one that is not known
   */
  public static SequencedMap<Path, List<Comparison>> check(Path root) {
    SequencedMap<Path, List<Comparison>> results = new TreeMap<>();
    for (Path folder : fixtures(root)) {
      results.put(folder, checkFixture(folder));
    }
    if (results.isEmpty()) {
      throw new DataException(
          root
              + ": there is no known fixture here: a model, an adapter, a training run"
              + " or loss masks");
    }
    return results;
  }

  private static List<Comparison> checkFixture(Path folder) {
    if (GoldenLora.is(folder)) {
      return GoldenLora.check(folder);
    }
    if (GoldenCollator.is(folder)) {
      return GoldenCollator.check(folder);
    }
    if (GoldenRotation.is(folder)) {
      return GoldenRotation.check(folder);
    }
    return isTraining(folder) ? GoldenTraining.check(folder) : GoldenModels.check(folder);
  }

  private static List<Path> fixtures(Path root) {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths
          .filter(Files::isDirectory)
          .filter(folder -> GoldenRotation.is(folder) || isFixture(folder))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new DataException(root + ": cannot be read: " + e, e);
    }
  }

  private static boolean isFixture(Path folder) {
    return GoldenCollator.is(folder)
        || GoldenLora.is(folder)
        || isTraining(folder)
        || isModel(folder);
  }

  private static boolean isTraining(Path folder) {
    return has(folder, "config.json")
        && (has(folder, "expected_v4.json") || has(folder, "expected_v5.json"));
  }

  private static boolean isModel(Path folder) {
    return has(folder, "config.json")
        && has(folder, "inputs.json")
        && has(folder, "expected.safetensors");
  }

  private static boolean has(Path folder, String file) {
    return Files.isRegularFile(folder.resolve(file));
  }
}
