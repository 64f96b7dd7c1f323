package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Libraries that stand in for NVIDIA's: made by gcc, with all that JCuda's own libraries import.
 */
final class SharedLibrary {
  private SharedLibrary() {}

  /** Skips the test where libraries cannot be made. */
  static void assumeTools() throws InterruptedException {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "a shared library of Linux");
    assumeTrue(runs("gcc") && runs("nm"), "gcc and nm are needed");
  }

  /** Compiles a library, whose name is that of the file, and so is the version of its functions. */
  static Path compile(Path file, String source, String... options)
      throws IOException, InterruptedException {
    Files.createDirectories(file.getParent());
    Path text = file.resolveSibling(file.getFileName() + ".c");
    Files.writeString(text, source);
    List<String> command =
        new ArrayList<>(List.of("gcc", "-shared", "-fPIC", "-w", "-O1", "-ffp-contract=off"));
    Path versions = file.resolveSibling(file.getFileName() + ".map");
    Files.writeString(versions, file.getFileName() + " { global: *; };");
    command.add("-Wl,-soname," + file.getFileName() + ",--version-script," + versions);
    command.addAll(List.of(options));
    command.addAll(List.of("-o", file.toString(), text.toString()));
    output(command);
    return file;
  }

  /** The functions with a prefix that a library in a jar imports. */
  static Set<String> imports(Class<?> ofTheJar, String library, String prefix, Path folder)
      throws IOException, InterruptedException {
    Path binding = folder.resolve(prefix + ".so");
    try (InputStream stream = ofTheJar.getResourceAsStream(library)) {
      Files.copy(stream, binding);
    }
    Set<String> imports = new TreeSet<>();
    for (String line :
        output(List.of("nm", "-D", "--undefined-only", binding.toString())).lines().toList()) {
      String name = line.substring(line.lastIndexOf(' ') + 1).replaceFirst("@.*", "");
      if (name.startsWith(prefix)) {
        imports.add(name);
      }
    }
    assertTrue(imports.size() > 300, "imports of JCuda: " + imports.size());
    return imports;
  }

  private static boolean runs(String program) throws InterruptedException {
    try {
      output(List.of(program, "--version"));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), command + ": " + output);
    return output;
  }
}
