package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.UserException;
import dev.gatun.train.RunConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The run configurations in the folder of one of them, which may be the jar's: parts of a recipe
 * that write what others start from.
 */
final class ConfigSiblings {
  private final Map<Path, RunConfig> byOutput = new LinkedHashMap<>();

  private ConfigSiblings() {}

  /** Those beside a configuration; a file there that is no run configuration is passed over. */
  static ConfigSiblings of(String config) {
    ConfigSiblings siblings = new ConfigSiblings();
    for (String name : names(config)) {
      if (!name.equals(config)) {
        read(name).ifPresent(run -> siblings.byOutput.putIfAbsent(output(run), run));
      }
    }
    return siblings;
  }

  /** Empty for a file that another verb reads, or a broken one: it is not what was asked for. */
  private static Optional<RunConfig> read(String name) {
    try {
      return Optional.of(RunConfig.read(name, ConfigFiles.read(name), List.of()));
    } catch (UserException e) {
      return Optional.empty();
    }
  }

  private static Path output(RunConfig run) {
    return run.outputDir().normalize();
  }

  /** The run that writes a folder. */
  Optional<RunConfig> writerOf(Path folder) {
    return Optional.ofNullable(byOutput.get(folder.normalize()));
  }

  private static List<String> names(String config) {
    try {
      if (Files.exists(Path.of(config))) {
        return list(Objects.requireNonNullElse(Path.of(config).getParent(), Path.of("")));
      }
      URL resource = ConfigSiblings.class.getResource("/" + config);
      if (resource == null) {
        return List.of();
      }
      URI uri = resource.toURI();
      if (!uri.getScheme().equals("jar")) {
        return List.of();
      }
      try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
        Path folder = Objects.requireNonNull(jar.getPath("/" + config).getParent());
        return list(folder).stream().map(name -> name.substring(1)).toList();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new ConfigurationException(config + ": is not a path: " + e.getMessage(), e);
    }
  }

  private static List<String> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).filter(name -> name.endsWith(".json")).sorted().toList();
    }
  }
}
