package dev.gatun.verify;

import dev.gatun.core.DataException;
import dev.gatun.core.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Fixtures made by the Hugging Face libraries, recognised by their files: models, adapters,
 * training runs, kept checkpoints, loss masks, tokenizers and their training, score processors and
 * greedy texts.
 */
public final class Golden {
  /** A kind of fixture: how its folder is told from others, and what checks it. */
  private record Kind(Predicate<Path> is, Function<Path, List<Comparison>> check) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(GoldenLora::is, GoldenLora::check),
          new Kind(GoldenCollator::is, GoldenCollator::check),
          new Kind(GoldenRotation::is, GoldenRotation::check),
          new Kind(GoldenTokenizers::is, GoldenTokenizers::check),
          new Kind(GoldenBpeTraining::is, GoldenBpeTraining::check),
          new Kind(GoldenGeneration::is, GoldenGeneration::check),
          new Kind(Golden::isTraining, GoldenTraining::check),
          new Kind(Golden::isModel, GoldenModels::check));

  private Golden() {}

  /**
   * Checks a fixture, or every fixture below a folder.
   *
   * @return the comparisons by folder
   * @throws DataException if there is no fixture, or one that is not known
   */
  public static SequencedMap<Path, List<Comparison>> check(Path root) {
    SequencedMap<Path, List<Comparison>> results = new TreeMap<>();
    for (Path folder : folders(root)) {
      kind(folder).ifPresent(kind -> results.put(folder, check(kind, folder)));
    }
    if (results.isEmpty()) {
      throw new DataException(
          root + ": there is no fixture of a known kind here, such as a model or a training run");
    }
    return results;
  }

  /** What a model or a trainer refuses does not know the folder that it came from. */
  private static List<Comparison> check(Kind kind, Path folder) {
    List<Comparison> comparisons;
    try {
      comparisons = kind.check().apply(folder);
    } catch (UserException e) {
      String message = String.valueOf(e.getMessage());
      boolean named = message.contains(folder.toString());
      throw e instanceof DataException && named
          ? e
          : new DataException(named ? message : folder + ": " + message, e);
    }
    if (comparisons.isEmpty()) {
      throw new DataException(folder + ": expects nothing: a check that cannot fail");
    }
    return comparisons;
  }

  private static Optional<Kind> kind(Path folder) {
    return KINDS.stream().filter(kind -> kind.is().test(folder)).findFirst();
  }

  private static List<Path> folders(Path root) {
    if (!Files.exists(root)) {
      throw new DataException(
          "%s: does not exist; it was looked for in %s"
              .formatted(root, Path.of("").toAbsolutePath()));
    }
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new DataException(root + ": cannot be read: " + e, e);
    }
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
