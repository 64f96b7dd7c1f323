package dev.gatun.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A source file of the program, tests excluded. */
record Source(Path path, List<String> lines) {
  private static final Path FOLDER = Path.of("src", "main", "java", "dev", "gatun");

  /** All sources by the name of their package below the root, for example {@code op}. */
  static TreeMap<String, List<Source>> byPackage() throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .sorted()
          .map(Source::read)
          .collect(Collectors.groupingBy(Source::packageName, TreeMap::new, Collectors.toList()));
    }
  }

  /** Lines that hold code: neither empty nor only a comment. */
  long codeLines() {
    return lines.stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .filter(line -> !line.startsWith("//"))
        .filter(line -> !line.startsWith("/*") && !line.startsWith("*"))
        .count();
  }

  private String packageName() {
    return FOLDER.relativize(path).getName(0).toString();
  }

  private static Source read(Path path) {
    try {
      return new Source(path, Files.readAllLines(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
