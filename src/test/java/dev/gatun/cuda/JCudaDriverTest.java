package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatun.cpu.ChildJvm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The binding to NVIDIA's driver, proved without it: JCuda on a {@code libcuda.so.1} of our own, in
 * a process of its own. Needs gcc and nm.
 */
class JCudaDriverTest {
  private static final String BINDING = "/lib/libJCudaDriver-12.6.0-linux-x86_64.so";

  @Test
  void marshalsEveryCall(@TempDir Path folder) throws IOException, InterruptedException {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "a shared library of Linux");
    assumeTrue(runs("gcc") && runs("nm"), "gcc and nm are needed");
    Path binding = folder.resolve("binding.so");
    try (InputStream stream = JCudaDriver.class.getResourceAsStream(BINDING)) {
      Files.copy(stream, binding);
    }
    Path source = folder.resolve("fake.c");
    Files.writeString(source, FakeLibcuda.source(imports(binding)));
    Path library = folder.resolve("libcuda.so.1");
    output(
        List.of(
            "gcc",
            "-shared",
            "-fPIC",
            "-w",
            "-Wl,-soname,libcuda.so.1",
            "-o",
            library.toString(),
            source.toString()));
    ChildJvm.Result result = ChildJvm.run(FakeLibcudaChild.class, List.of(library.toString()));
    assertEquals(0, result.exitCode(), result::output);
    assertTrue(result.output().contains("all calls arrive"), result::output);
  }

  /** The functions of the driver that the binding needs. */
  private static Set<String> imports(Path binding) throws IOException, InterruptedException {
    Set<String> imports = new TreeSet<>();
    for (String line :
        output(List.of("nm", "-D", "--undefined-only", binding.toString())).lines().toList()) {
      String name = line.substring(line.lastIndexOf(' ') + 1);
      if (name.startsWith("cu")) {
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
