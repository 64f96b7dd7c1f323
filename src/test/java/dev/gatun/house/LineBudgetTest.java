package dev.gatun.house;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/** The program stays as small as {@code line-budget.properties} says. */
class LineBudgetTest {
  private static final Path LIMITS = Path.of("src", "test", "resources", "line-budget.properties");

  @Test
  void packagesAndFilesAreWithinTheirLimits() throws IOException {
    Properties limits = new Properties();
    try (Reader reader = Files.newBufferedReader(LIMITS)) {
      limits.load(reader);
    }
    StringBuilder table =
        new StringBuilder("%-10s %7s %7s %6s%n".formatted("package", "lines", "limit", "files"));
    List<String> exceeded = new ArrayList<>();
    for (Map.Entry<String, List<Source>> entry : Source.byPackage().entrySet()) {
      String name = entry.getKey();
      List<Source> sources = entry.getValue();
      long lines = sources.stream().mapToLong(Source::codeLines).sum();
      long limit = Long.parseLong(limits.getProperty(name, "0"));
      table.append("%-10s %7d %7d %6d%n".formatted(name, lines, limit, sources.size()));
      if (lines > limit) {
        exceeded.add("package " + name + " has " + lines + " lines of code, its limit is " + limit);
      }
      long fileLimit = Long.parseLong(limits.getProperty("file"));
      sources.stream()
          .filter(source -> source.codeLines() > fileLimit)
          .forEach(source -> exceeded.add(source.path() + " has more than " + fileLimit));
    }
    System.out.print(table);
    assertTrue(exceeded.isEmpty(), () -> String.join("\n", exceeded));
  }
}
