package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cpu.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who multiplies on which machine, and that each binding of cuBLAS asks for the product that was
 * meant: JCublas and Panama on libraries of our own that compute it, in a process of its own. Needs
 * gcc and nm.
 */
class BlasTest {
  private static final Map<Integer, Integer> VERSIONS =
      Map.of(11, 110_605, 12, 120_601, 13, 130_002);

  @Test
  void everyBindingComputesEveryProduct(@TempDir Path folder)
      throws IOException, InterruptedException {
    SharedLibrary.assumeTools();
    Path driver =
        SharedLibrary.compile(
            folder.resolve("libcuda.so.1"),
            FakeLibcuda.source(
                SharedLibrary.imports(JCudaDriver.class, JCudaDriverTest.BINDING, "cu", folder)));
    String source =
        FakeLibcublas.source(
            SharedLibrary.imports(
                JCublas2.class, "/lib/libJCublas2-12.6.0-linux-x86_64.so", "cublas", folder));
    for (Map.Entry<Integer, Integer> release : VERSIONS.entrySet()) {
      Path file =
          folder
              .resolve(String.valueOf(release.getKey()))
              .resolve("libcublas.so." + release.getKey());
      SharedLibrary.compile(file, source, "-DVERSION=" + release.getValue());
    }
    ChildJvm.Result result =
        ChildJvm.run(FakeLibcublasChild.class, List.of(driver.toString(), folder.toString()));
    assertEquals(0, result.exitCode(), result::output);
    assertTrue(result.output().contains("all products arrive"), result::output);
  }
}
