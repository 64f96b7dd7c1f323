package dev.gatun.data;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A folder of data as the Hugging Face hub has them. Which files make a split is said by the {@code
 * configs} in the front matter of {@code README.md}, or else by the names of files and folders:
 * {@code data/train-00000-of-00002.parquet}, {@code validation.jsonl}, {@code test/a.json}.
 */
public final class DataFolder {
  private static final int MAX_DEPTH = 8;
  private static final int MAX_YAML = 1 << 20;
  private static final Map<String, String> NAMES =
      Map.of(
          "train", "train|training",
          "validation", "validation|valid|val|dev",
          "test", "test|testing|eval|evaluation");

  private final Path folder;

  private DataFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * The files of one split, sorted by name. A folder in which no name tells splits apart is one
   * split, {@code train}.
   *
   * @throws DataException if there is none
   */
  public static List<Path> files(Path folder, String split) {
    DataFolder reader = new DataFolder(folder);
    List<Path> all = reader.dataFiles();
    List<String> patterns = reader.declared(split);
    List<Path> files =
        patterns.isEmpty() ? reader.named(all, split) : reader.matching(all, patterns);
    if (files.isEmpty()) {
      throw new DataException(
          "%s: there is no file of the split '%s' among its %d .jsonl, .json and .parquet files"
              .formatted(folder, split, all.size()));
    }
    return files;
  }

  private List<Path> dataFiles() {
    try (Stream<Path> paths = Files.walk(folder, MAX_DEPTH)) {
      return paths
          .filter(RowFiles::holdsRows)
          .filter(file -> !relative(file).startsWith(".") && !relative(file).contains("/."))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new DataException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private List<Path> named(List<Path> files, String split) {
    List<Path> named = files.stream().filter(file -> isNamed(file, split)).toList();
    boolean untold =
        files.stream().noneMatch(file -> NAMES.keySet().stream().anyMatch(s -> isNamed(file, s)));
    return untold && split.equals("train") ? files : named;
  }

  private boolean isNamed(Path file, String split) {
    String words = NAMES.getOrDefault(split, Pattern.quote(split));
    return Pattern.compile("(^|[/._ -])(" + words + ")([/._ -]|$)").matcher(relative(file)).find();
  }

  private List<Path> matching(List<Path> files, List<String> patterns) {
    List<PathMatcher> matchers = new ArrayList<>();
    for (String pattern : patterns) {
      if (pattern.startsWith("/") || List.of(pattern.split("/", -1)).contains("..")) {
        throw new DataException(
            folder + "/README.md: configs: the path '" + pattern + "' leaves the folder");
      }
      try {
        matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + pattern));
      } catch (PatternSyntaxException e) {
        throw new DataException(
            folder + "/README.md: configs: the path '" + pattern + "' is no pattern", e);
      }
    }
    return files.stream()
        .filter(file -> matchers.stream().anyMatch(m -> m.matches(folder.relativize(file))))
        .toList();
  }

  private String relative(Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }

  /** The patterns that the front matter gives for a split of its first configuration. */
  private List<String> declared(String split) {
    if (!(frontMatter() instanceof Map<?, ?> card)
        || !(card.get("configs") instanceof List<?> configs)
        || configs.isEmpty()
        || !(configs.getFirst() instanceof Map<?, ?> config)) {
      return List.of();
    }
    Object files = config.get("data_files");
    if (files instanceof List<?> list && list.stream().allMatch(Map.class::isInstance)) {
      return list.stream()
          .map(entry -> (Map<?, ?>) entry)
          .filter(entry -> split.equals(entry.get("split")))
          .flatMap(entry -> texts(entry.get("path")).stream())
          .toList();
    }
    return split.equals("train") ? texts(files) : List.of();
  }

  private static List<String> texts(@Nullable Object value) {
    return switch (value) {
      case String text -> List.of(text);
      case List<?> list -> list.stream().map(Objects::toString).toList();
      case null, default -> List.of();
    };
  }

  private Object frontMatter() {
    Path readme = folder.resolve("README.md");
    try {
      if (!Files.isRegularFile(readme) || Files.size(readme) > MAX_YAML) {
        return Map.of();
      }
      String text = Files.readString(readme);
      int end = text.startsWith("---") ? text.indexOf("\n---", 3) : -1;
      if (end < 0) {
        return Map.of();
      }
      LoadSettings settings =
          LoadSettings.builder().setLabel(readme.toString()).setCodePointLimit(MAX_YAML).build();
      return Objects.requireNonNullElse(
          new Load(settings).loadFromString(text.substring(3, end)), Map.of());
    } catch (CharacterCodingException e) {
      throw new DataException(readme + ": is not UTF-8", e);
    } catch (IOException e) {
      throw new DataException(readme + ": cannot be read: " + e.getMessage(), e);
    } catch (YamlEngineException e) {
      throw new DataException(
          readme + ": the front matter is not valid YAML: " + e.getMessage(), e);
    } catch (StackOverflowError e) { // of the library, which reads what is nested by recursion
      throw new DataException(
          readme + ": the front matter is not valid YAML: it is nested too deeply", e);
    }
  }
}
