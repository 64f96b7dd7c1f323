package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gatun.core.ConfigurationException;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.device.Device;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Every operation on every sample: the kernels, run by the emulator, against the reference in
 * double, and nothing that the emulator finds wrong with them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeviceParityTest {
  private static final long SEED = 20261124;

  private final EmulatedDriver driver = new EmulatedDriver(Options.standard(), 80, 4L << 30);
  private final CudaMemory memory =
      CudaMemory.open(
          driver, new Device.Emulator(), 0, KernelFiles.packed(), new OwnProducts(), true);

  @BeforeAll
  void nothingIsFoundYet() {
    assertEquals(List.of(), driver.findings());
  }

  @AfterAll
  void close() {
    memory.close();
    driver.close();
  }

  @TestFactory
  Stream<DynamicTest> agreesWithTheReference() {
    return Registry.operations().stream()
        .map(type -> dynamicTest(type.getName(), () -> check(type)));
  }

  private void check(Class<? extends Op> type) {
    for (Sample sample : Registry.samples(type)) {
      if (Op.HostOnly.class.isAssignableFrom(type)) {
        refuses(sample);
        continue;
      }
      for (Comparison comparison : Parity.deviceAgainstReference(sample, memory, SEED)) {
        assertTrue(comparison.passes(), comparison::toString);
      }
      assertEquals(List.of(), driver.findings(), sample::toString);
    }
  }

  private void refuses(Sample sample) {
    ConfigurationException e =
        assertThrows(
            ConfigurationException.class,
            () -> Parity.deviceAgainstReference(sample, memory, SEED));
    assertTrue(e.toString().contains("on the cpu alone"), e::getMessage);
  }
}
