package dev.gatun.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README promises is what the source holds and what {@code .ci/run} executes. */
class ReadmeTest {
  private static final Path README = Path.of("README.md");
  private static final Path CI = Path.of(".ci", "run");
  private static final Pattern COMMANDS = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
  private static final Pattern PACKAGE_ROW =
      Pattern.compile("^\\| `(\\w+)` \\|", Pattern.MULTILINE);

  @Test
  void everyCommandIsExecuted() throws IOException {
    List<String> commands = commands(Files.readString(README));
    assertFalse(commands.isEmpty(), "commands in " + README);
    String ci = Files.readString(CI).replace("\"$jar\"", "target/gatun.jar");
    List<String> missing = commands.stream().filter(command -> !ci.contains(command)).toList();
    assertEquals(List.of(), missing, "commands in " + README + " that " + CI + " does not execute");
  }

  @Test
  void everyPackageIsDescribed() throws IOException {
    Set<String> rows = new TreeSet<>();
    Matcher row = PACKAGE_ROW.matcher(Files.readString(README));
    while (row.find()) {
      rows.add(row.group(1));
    }
    assertEquals(PackageTable.packages(), rows, "packages in the table of " + README);
  }

  @Test
  void ciIsExecutable() {
    assertTrue(Files.isExecutable(CI), CI + " has its executable bit");
  }

  private static List<String> commands(String markdown) {
    List<String> commands = new ArrayList<>();
    Matcher block = COMMANDS.matcher(markdown);
    while (block.find()) {
      block.group(1).lines().filter(line -> !line.isBlank()).forEach(commands::add);
    }
    return commands;
  }
}
