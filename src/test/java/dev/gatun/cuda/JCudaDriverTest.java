package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cpu.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The binding to NVIDIA's driver, proved without it: JCuda on a {@code libcuda.so.1} of our own, in
 * a process of its own. Needs gcc and nm.
 */
class JCudaDriverTest {
  static final String BINDING = "/lib/libJCudaDriver-12.6.0-linux-x86_64.so";

  @Test
  void marshalsEveryCall(@TempDir Path folder) throws IOException, InterruptedException {
    SharedLibrary.assumeTools();
    Set<String> imports = SharedLibrary.imports(JCudaDriver.class, BINDING, "cu", folder);
    Path library =
        SharedLibrary.compile(folder.resolve("libcuda.so.1"), FakeLibcuda.source(imports));
    ChildJvm.Result result = ChildJvm.run(FakeLibcudaChild.class, List.of(library.toString()));
    assertEquals(0, result.exitCode(), result::output);
    assertTrue(result.output().contains("all calls arrive"), result::output);
  }
}
