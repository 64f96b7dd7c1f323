package dev.gatun.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules for the text of the program. */
class SourcesTest {
  private static final Map<String, Pattern> BANNED =
      new TreeMap<>(
          Map.of(
              "unfinished work", Pattern.compile("\\b(TODO|FIXME|XXX)\\b"),
              "a path of one machine", Pattern.compile("\"/(work|tmp|home)\\b"),
              "a line longer than 100 columns", Pattern.compile("^(?!import ).{101}")));

  @Test
  void everyPackageIsNullMarked() throws IOException {
    List<String> unmarked = new ArrayList<>();
    for (Map.Entry<String, List<Source>> entry : Source.byPackage().entrySet()) {
      boolean marked =
          entry.getValue().stream()
              .anyMatch(
                  source ->
                      source.path().endsWith("package-info.java")
                          && source.lines().contains("@NullMarked"));
      if (!marked) {
        unmarked.add(entry.getKey());
      }
    }
    assertEquals(List.of(), unmarked, "packages without @NullMarked in package-info.java");
  }

  @Test
  void noLineHasWhatIsBanned() throws IOException {
    List<String> findings = new ArrayList<>();
    for (List<Source> sources : Source.byPackage().values()) {
      for (Source source : sources) {
        for (int i = 0; i < source.lines().size(); i++) {
          for (String banned : banned(source.lines().get(i))) {
            findings.add(source.path() + ":" + (i + 1) + ": " + banned);
          }
        }
      }
    }
    assertTrue(findings.isEmpty(), () -> String.join("\n", findings));
  }

  @Test
  void eachBanMatches() {
    assertEquals(List.of("unfinished work"), banned("  // TODO" + " later"));
    assertEquals(List.of("a path of one machine"), banned("Path.of(\"/" + "tmp/x\")"));
    assertEquals(List.of("a line longer than 100 columns"), banned("x".repeat(101)));
    assertEquals(List.of(), banned("x".repeat(100)));
  }

  private static List<String> banned(String line) {
    return BANNED.entrySet().stream()
        .filter(ban -> ban.getValue().matcher(line).find())
        .map(Map.Entry::getKey)
        .toList();
  }
}
