package dev.gatun.hub;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Fixtures and real data that lie beside the project. */
final class SharedFiles {
  private static final Path ROOT =
      Path.of(
          System.getProperty(
              "GATUN_SHARED", System.getenv().getOrDefault("GATUN_SHARED", "../shared")));

  private SharedFiles() {}

  /** A file or folder; the test is skipped where it is absent. */
  static Path require(String path) {
    Path file = ROOT.resolve(path);
    assumeTrue(Files.exists(file), () -> file + " is absent");
    return file;
  }

  /** All files below a folder whose name ends so. */
  static List<Path> below(String folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(require(folder))) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }
}
