package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Launch;
import dev.gatun.device.Device;
import dev.gatun.memory.Region;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import dev.gatun.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every version of the matrix product, on the emulator. */
class MatmulVersionsTest {
  private static final int SMALL = 64;
  private static final int LARGE = 128;

  private final EmulatedDriver driver = new EmulatedDriver(Options.standard(), 80, 1L << 30);
  private final CudaMemory memory =
      CudaMemory.open(
          driver, new Device.Emulator(), 0, KernelFiles.packed(), new OwnProducts(), true);
  private final Region region = new Region("versions", memory);

  @AfterEach
  void close() {
    assertEquals(List.of(), driver.findings());
    region.close();
    memory.close();
    driver.close();
  }

  @ParameterizedTest
  @CsvSource({
    "NN, 1, 1, 1, false, false",
    "NN, 3, 5, 7, true, false",
    "NN, 67, 131, 70, false, true",
    "NN, 65, 64, 32, true, true",
    "NT, 1, 37, 64, true, false",
    "NT, 13, 33, 17, true, true",
    "NT, 130, 72, 96, false, false",
    "TN, 5, 3, 2, false, false",
    "TN, 64, 96, 48, false, true",
    "TN, 131, 67, 41, true, false",
  })
  void bf16FactorsAreMultiplied(
      String layout, int m, int n, int k, boolean bias, boolean accumulate) {
    TestProduct product = TestProduct.of(region, layout, m, n, k, bias, accumulate);
    double[] before = Tensors.toDoubles(product.c());
    for (int tile : new int[] {SMALL, LARGE}) {
      Tensors.write(product.c(), before);
      OwnProducts.launchesOfBf16(product.gemm(), tile).forEach(memory.queue()::submit);
      product.requireOfBf16();
    }
    Tensors.write(product.c(), before);
    memory.withBf16Factors(
        () -> {
          memory.queue().submit(product.gemm());
          return true;
        });
    product.requireOfBf16();
  }

  @Test
  void theFirstStepWithTensorCoresGivesTheBitsOfTheLast() {
    TestProduct p = TestProduct.of(region, "NT", 37, 19, 45, true, true);
    double[] before = Tensors.toDoubles(p.c());
    List<Launch> launches = OwnProducts.launchesOfBf16(p.gemm(), SMALL);
    launches.forEach(memory.queue()::submit);
    double[] last = Tensors.toDoubles(p.c());
    Tensors.write(p.c(), before);
    submit("matmul_warp_nt_bf16", new Dim3(3, 3, 1), 32, launches.getLast().arguments());
    assertArrayEquals(last, Tensors.toDoubles(p.c()));
  }

  @Test
  void everyVersionInF32GivesTheSameBits() {
    TestProduct p = TestProduct.of(region, "NN", 70, 45, 33, false, false);
    memory.queue().submit(OwnProducts.launch(p.gemm(), SMALL));
    double[] expected = Tensors.toDoubles(p.c());
    memory.queue().submit(OwnProducts.launch(p.gemm(), LARGE));
    assertArrayEquals(expected, Tensors.toDoubles(p.c()));
    List<Argument> arguments =
        List.of(
            new Argument.Address(p.gemm().a(), 0),
            new Argument.Address(p.gemm().b(), 0),
            new Argument.Address(p.gemm().c(), 0),
            new Argument.I32(70),
            new Argument.I32(45),
            new Argument.I32(33));
    for (String version : List.of("matmul_naive_f32", "matmul_tiled_f32")) {
      p.c().buffer().fill((byte) 0xff); // NaN
      memory
          .queue()
          .submit(new Launch(version, new Dim3(3, 5, 1), new Dim3(16, 16, 1), 0, arguments));
      assertArrayEquals(expected, Tensors.toDoubles(p.c()), version);
    }
  }

  private void submit(String kernel, Dim3 grid, int threads, List<Argument> arguments) {
    memory.queue().submit(new Launch(kernel, grid, new Dim3(threads, 1, 1), 0, arguments));
  }
}
