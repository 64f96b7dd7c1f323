package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.device.Device;
import dev.gatun.memory.Region;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import dev.gatun.train.TinyTraining;
import dev.gatun.verify.Comparison;
import dev.gatun.verify.Parity;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What {@link JCudaDriverTest} runs with {@link FakeLibcuda} in place. */
final class FakeLibcudaChild {
  private FakeLibcudaChild() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    FakeLibcuda.install(Path.of(arguments[0]));
    driversThatAreRefused();
    JCudaDriver driver = JCudaDriver.load();
    questions(driver);
    CudaMemory memory =
        CudaMemory.open(
            driver, new Device.Cuda(0), 0, KernelFiles.packed(), new OwnProducts(), true);
    copies(driver);
    events(driver);
    graphs(driver);
    errors(driver, memory);
    operations(memory);
    memory.close();
    training(driver);
    System.out.println("all calls arrive");
  }

  private static void driversThatAreRefused() {
    FakeLibcuda.become(CudaException.NO_DEVICE, 12_060);
    requireRefusal("the CUDA driver finds no GPU here: choose the device cpu or emulator");
    FakeLibcuda.become(804, 12_060);
    requireRefusal(
        "the CUDA driver cannot start, cuInit says CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE: see"
            + " whether nvidia-smi works, or choose the device cpu or emulator");
    FakeLibcuda.become(0, 10_020);
    requireRefusal(
        "the CUDA driver is of version 10.2: install NVIDIA's driver 450 or newer, which is 11.0");
    FakeLibcuda.become(0, 12_060);
  }

  private static void requireRefusal(String message) {
    ConfigurationException refusal = assertThrows(ConfigurationException.class, JCudaDriver::load);
    assertEquals(message, refusal.getMessage());
  }

  private static void questions(JCudaDriver driver) {
    assertEquals(12_060, driver.driverVersion());
    assertEquals(1, driver.deviceCount());
    assertEquals("Gatun PTX emulator", driver.deviceName(0));
    assertEquals(1L << 30, driver.totalMemory(0));
    assertEquals(32, driver.deviceAttribute(0, DeviceAttribute.WARP_SIZE));
  }

  /** Every way to copy and fill, with host memory of both kinds. */
  private static void copies(JCudaDriver driver) {
    long stream = driver.createStream();
    long a = driver.allocate(64);
    long b = driver.allocate(64);
    MemorySegment pinned = driver.allocateHost(64);
    for (int i = 0; i < 16; i++) {
      pinned.setAtIndex(ValueLayout.JAVA_INT, i, i * i);
    }
    driver.copyToDeviceAsync(a, pinned, stream);
    driver.copyOnDeviceAsync(b, a, 64, stream);
    driver.fillWordsAsync(b + 4, 77, 2, stream);
    driver.fillBytesAsync(b + 12, (byte) -1, 4, stream);
    driver.synchronizeStream(stream);
    assertTrue(driver.isStreamIdle(stream));
    driver.copyOnDevice(a, b, 32);
    driver.synchronizeContext();
    driver.copyToHostAsync(pinned, a, stream);
    driver.synchronizeStream(stream);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(64);
      driver.copyToHost(host, a);
      int[] expected = {0, 77, 77, -1, 16, 25, 36, 49, 64, 81, 100, 121, 144, 169, 196, 225};
      assertArrayEquals(expected, host.toArray(ValueLayout.JAVA_INT));
      assertArrayEquals(expected, pinned.toArray(ValueLayout.JAVA_INT));
      driver.copyToDevice(b, host.asSlice(16, 8));
      driver.copyToHost(host.asSlice(0, 8), b);
      assertEquals(25, host.getAtIndex(ValueLayout.JAVA_INT, 1));
    }
    driver.freeHost(pinned);
    driver.free(a);
    driver.free(b);
    driver.destroyStream(stream);
  }

  private static void events(JCudaDriver driver) {
    long stream = driver.createStream();
    long start = driver.createEvent();
    long end = driver.createEvent();
    driver.recordEvent(start, stream);
    driver.waitEvent(stream, start);
    driver.recordEvent(end, stream);
    driver.synchronizeEvent(end);
    assertTrue(driver.elapsedMillis(start, end) >= 0);
    driver.destroyEvent(start);
    driver.destroyEvent(end);
    driver.destroyStream(stream);
  }

  private static void graphs(JCudaDriver driver) {
    long stream = driver.createStream();
    long memory = driver.allocate(8);
    driver.beginCapture(stream);
    driver.fillWordsAsync(memory, 5, 2, stream);
    long graph = driver.endCapture(stream);
    driver.launchGraph(graph, stream);
    driver.synchronizeContext();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(8);
      driver.copyToHost(host, memory);
      assertEquals(5, host.getAtIndex(ValueLayout.JAVA_INT, 1));
    }
    driver.destroyGraph(graph);
    driver.free(memory);
    driver.destroyStream(stream);
  }

  private static void errors(JCudaDriver driver, CudaMemory memory) {
    CudaException device = assertThrows(CudaException.class, () -> driver.deviceName(3));
    assertEquals(CudaException.INVALID_DEVICE, device.code());
    ConfigurationException absent =
        assertThrows(
            ConfigurationException.class,
            () ->
                CudaMemory.open(
                    driver, new Device.Cuda(3), 3, KernelFiles.packed(), new OwnProducts(), true));
    assertEquals(
        "device cuda:3 does not exist: the driver has 1 device, counted from 0",
        absent.getMessage());
    long module = driver.loadModule(KernelFiles.packed().text("accumulate.sm75.ptx"), "a");
    CudaException entry =
        assertThrows(CudaException.class, () -> driver.function(module, "no_such_entry"));
    assertEquals(CudaException.NOT_FOUND, entry.code());
    long function = driver.function(module, "accumulate_f32");
    driver.setFunctionAttribute(
        function, FunctionAttribute.MAX_DYNAMIC_SHARED_SIZE_BYTES, 16 << 10);
    assertEquals(
        16 << 10,
        driver.functionAttribute(function, FunctionAttribute.MAX_DYNAMIC_SHARED_SIZE_BYTES));
    driver.unloadModule(module);
    try (Region region = new Region("large", memory)) {
      DoesNotFitException large =
          assertThrows(DoesNotFitException.class, () -> region.allocate(2L << 30));
      assertTrue(large.toString().contains("cuda:0 has "), large.toString());
    }
  }

  /** Steps in graphs through the driver are those without graphs on the emulator. */
  private static void training(JCudaDriver driver) {
    FakeLibcuda.GRAPH_CALLS.clear();
    assertEquals(
        TinyTraining.losses(new EmulatedDriver(Options.standard(), 80, 1L << 28), 5, false),
        TinyTraining.losses(driver, 5, true));
    List<String> made =
        List.of(
            "cuStreamBeginCapture",
            "cuStreamEndCapture",
            "cuGraphInstantiate",
            "cuGraphDestroy",
            "cuGraphLaunch");
    List<String> expected = new ArrayList<>(made);
    expected.addAll(made);
    expected.addAll(Collections.nCopies(6, "cuGraphLaunch"));
    expected.addAll(Collections.nCopies(2, "cuGraphExecDestroy"));
    assertEquals(expected, FakeLibcuda.GRAPH_CALLS);
  }

  /** Whatever is launched arrives with its grid and its arguments, or the numbers are wrong. */
  private static void operations(CudaMemory memory) {
    for (Class<? extends Op> type : Registry.operations()) {
      if (Op.HostOnly.class.isAssignableFrom(type)) {
        continue;
      }
      for (Sample sample : Registry.samples(type).subList(0, 2)) {
        for (Comparison comparison : Parity.deviceAgainstReference(sample, memory, 1)) {
          assertTrue(comparison.passes(), comparison::toString);
        }
      }
    }
  }
}
