package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.memory.Region;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import dev.gatun.verify.Comparison;
import dev.gatun.verify.Parity;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.List;

/** What {@link BlasTest} runs: one machine after the other, each with more cuBLAS than before. */
final class FakeLibcublasChild {
  private static final long SEED = 20261124;
  private static final List<String> LAYOUTS = List.of("NN", "NT", "TN");

  private final JCudaDriver driver;
  private final Path folder;

  private FakeLibcublasChild(JCudaDriver driver, Path folder) {
    this.driver = driver;
    this.folder = folder;
  }

  /**
   * @param arguments the stand-in for libcuda.so.1, and a folder with folders 11, 12 and 13
   */
  public static void main(String[] arguments) throws ReflectiveOperationException {
    FakeLibcuda.install(Path.of(arguments[0]));
    FakeLibcublasChild child = new FakeLibcublasChild(JCudaDriver.load(), Path.of(arguments[1]));
    child.withoutLibrary();
    child.withLibrary(11, "cuBLAS 11.6.5 through Panama, found as libcublas.so.11");
    child.withBrokenLibrary();
    child.withLibrary(13, "cuBLAS 13.0.2 through Panama, found as libcublas.so.13");
    child.withLibrary(12, "cuBLAS 12.6.1 through JCublas");
    System.out.println("all products arrive");
  }

  private Blas blas(int... releases) {
    List<Path> folders =
        java.util.Arrays.stream(releases)
            .mapToObj(release -> folder.resolve(String.valueOf(release)))
            .toList();
    return new Blas(driver::stream, driver::pointer, new CublasLibraries(false, folders));
  }

  private void withoutLibrary() {
    assertEquals(
        "own kernels, since there is no cuBLAS", blas().choose(GemmChoice.AUTO).description());
    assertEquals("own kernels, as chosen", blas(12).choose(GemmChoice.OWN).description());
    ConfigurationException asked =
        assertThrows(ConfigurationException.class, () -> blas().choose(GemmChoice.CUBLAS));
    assertEquals(
        "cuBLAS is asked for and cannot be used: there is no cuBLAS. Install cuBLAS 11, 12 or 13"
            + " (libcublas.so.12) or put its folder on LD_LIBRARY_PATH, or choose --gemm own",
        asked.getMessage());
  }

  private void withBrokenLibrary() {
    FakeLibcublas library = connect(11);
    library.failCreation(Cublas.NOT_INITIALIZED);
    assertEquals(
        "own kernels, since libcublas.so.11: CUDA error 999: cublasCreate failed with"
            + " CUBLAS_STATUS_NOT_INITIALIZED",
        blas(11).choose(GemmChoice.AUTO).description());
    assertThrows(ConfigurationException.class, () -> blas(11).choose(GemmChoice.CUBLAS));
    library.failCreation(Cublas.SUCCESS);
  }

  /** Every sample of the product: all layouts, ragged and empty, with bias and accumulation. */
  private void withLibrary(int release, String description) {
    FakeLibcublas library = connect(release);
    CudaMemory memory =
        CudaMemory.open(
            driver,
            new Device.Cuda(0),
            0,
            KernelFiles.packed(),
            () -> blas(11, release).choose(GemmChoice.CUBLAS),
            true);
    try (memory) {
      assertEquals(description, memory.products());
      assertTrue(library.stream() > 0, "a stream of our own");
      Class<? extends Op> product =
          Registry.operations().stream()
              .filter(type -> type.getSimpleName().equals("MatMul"))
              .findFirst()
              .orElseThrow();
      for (Sample sample : Registry.samples(product)) {
        for (Comparison comparison : Parity.deviceAgainstReference(sample, memory, SEED)) {
          assertTrue(comparison.passes(), comparison::toString);
        }
      }
      assertTrue(library.calls() > 30, () -> "products by the library: " + library.calls());
      long before = library.calls();
      productsOfBf16(memory);
      assertEquals(before + LAYOUTS.size() * 2L, library.calls());
    }
  }

  private static void productsOfBf16(CudaMemory memory) {
    for (String layout : LAYOUTS) {
      for (boolean add : new boolean[] {false, true}) {
        try (Region region = new Region("products", memory)) {
          TestProduct product = TestProduct.of(region, layout, 13, 35, 19, add, add);
          memory.withBf16Factors(
              () -> {
                memory.queue().submit(product.gemm());
                return add;
              });
          product.requireOfBf16();
        }
      }
    }
  }

  private FakeLibcublas connect(int release) {
    String file = CublasLibraries.fileName(release);
    Path path = folder.resolve(String.valueOf(release)).resolve(file);
    FakeLibcublas library = new FakeLibcublas(SymbolLookup.libraryLookup(path, Arena.global()));
    library.connect(SymbolLookup.loaderLookup());
    return library;
  }
}
