package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DeviceException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Launch;
import dev.gatun.device.Device;
import dev.gatun.memory.Buffer;
import dev.gatun.memory.Region;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user is told when a device fails, is full, or cannot do what is asked. */
class DeviceFailureTest {
  /** Writes 1 MiB past the memory that it is given. */
  private static final String BROKEN =
      """
      .version 7.0
      .target sm_75
      .address_size 64
      .visible .entry broken_f32(.param .u64 x)
      {
        .reg .b64 %rd<3>;
        .reg .f32 %f<2>;
        ld.param.u64 %rd1, [x];
        cvta.to.global.u64 %rd2, %rd1;
        mov.f32 %f1, 0f3F800000;
        st.global.f32 [%rd2+1048576], %f1;
        ret;
      }
      """;

  private static final Dim3 ONE = new Dim3(1, 1, 1);

  private final EmulatedDriver driver = new EmulatedDriver(Options.standard(), 80, 8L << 20);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    driver.close();
  }

  private CudaMemory open(boolean synchronous) {
    try {
      Files.writeString(folder.resolve("entries"), "broken_f32 broken.ptx\n");
      Files.writeString(folder.resolve("broken.ptx"), BROKEN);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return CudaMemory.open(
        driver, new Device.Cuda(0), 0, KernelFiles.in(folder), new OwnProducts(), synchronous);
  }

  private static Launch broken(Buffer buffer, Dim3 grid) {
    return new Launch("broken_f32", grid, ONE, 0, List.of(new Argument.Address(buffer, 0)));
  }

  @Test
  void aLostDeviceStaysLostAndIsClosedInPeace() {
    try (CudaMemory memory = open(false);
        Region region = new Region("step", memory)) {
      Buffer buffer = region.allocate(64);
      memory.queue().submit(broken(buffer, ONE));
      DeviceException first =
          assertThrows(DeviceException.class, () -> memory.queue().synchronize());
      assertTrue(
          first
              .toString()
              .contains(
                  "cuda:0 has failed and cannot be used any more in this process: CUDA error 700"),
          first::toString);
      for (Runnable use :
          List.<Runnable>of(
              () -> region.allocate(4 << 20),
              () -> buffer.fill((byte) 0),
              () -> buffer.write(host -> host.fill((byte) 1)),
              () -> memory.queue().submit(broken(buffer, ONE)))) {
        assertEquals(
            first.getMessage(), assertThrows(DeviceException.class, use::run).getMessage());
      }
    }
  }

  @Test
  void waitingForEachCommandNamesTheOneThatFailed() {
    try (CudaMemory memory = open(true);
        Region region = new Region("step", memory)) {
      Launch launch = broken(region.allocate(64), ONE);
      DeviceException failure =
          assertThrows(DeviceException.class, () -> memory.queue().submit(launch));
      assertTrue(failure.toString().contains("by kernel broken_f32 on grid"), failure::toString);
    }
  }

  @Test
  void aFullDeviceSaysWhatItHolds() {
    try (CudaMemory memory = open(false);
        Region model = new Region("model", memory);
        Region step = new Region("step", memory)) {
      model.allocate(3 << 20);
      step.allocate(2 << 20);
      DoesNotFitException full =
          assertThrows(DoesNotFitException.class, () -> step.allocate(4 << 20));
      assertEquals(
          "cuda:0 has 3 MB free of 8 MB, and region 'step' needs 4 MB more; in use are model 3 MB,"
              + " step 2 MB. A smaller per_device_train_batch_size or gradient_checkpointing helps;"
              + " the verb plan computes what a run needs",
          full.getMessage());
    }
  }

  @Test
  void aGridBeyondTheLimitsIsRefused() {
    try (CudaMemory memory = open(false);
        Region region = new Region("step", memory)) {
      Launch launch = broken(region.allocate(64), new Dim3(1, 70_000, 1));
      DoesNotFitException refusal =
          assertThrows(DoesNotFitException.class, () -> memory.queue().submit(launch));
      assertEquals(
          "kernel broken_f32 needs a grid of 1 x 70,000 x 1 blocks, and cuda:0 starts at most"
              + " 2,147,483,647 x 65,535 x 65,535: choose a smaller per_device_train_batch_size or"
              + " context_length",
          refusal.getMessage());
    }
  }

  @Test
  void aKernelThatIsMissingOrTakesSomethingElseIsRefused() {
    try (CudaMemory memory = open(false);
        Region region = new Region("step", memory)) {
      Buffer buffer = region.allocate(64);
      Launch missing = new Launch("accumulate_f32", ONE, ONE, 0, List.of());
      assertEquals(
          folder
              + " has no kernel accumulate_f32: these kernels belong to another version of the"
              + " program; run kernels/build.sh",
          refused(memory, missing));
      Launch other = new Launch("broken_f32", ONE, ONE, 0, List.of(new Argument.I32(1)));
      assertEquals(
          "kernel broken_f32 takes [u64], but is launched with [u32]: these kernels belong to"
              + " another version of the program; run kernels/build.sh",
          refused(memory, other));
      Launch garbled = broken(buffer, ONE);
      write("broken.ptx", BROKEN.replace("mov.f32", "mov.f33"));
      String refusal = refused(memory, garbled);
      assertTrue(refusal.startsWith("broken.ptx does not compile: CUDA error 218"), refusal);
    }
  }

  private void write(String name, String text) {
    try {
      Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String refused(CudaMemory memory, Launch launch) {
    return String.valueOf(
        assertThrows(ConfigurationException.class, () -> memory.queue().submit(launch))
            .getMessage());
  }

  @Test
  void aGpuThatIsTooOldOrAbsentIsRefused() {
    EmulatedDriver volta = new EmulatedDriver(Options.standard(), 70, 1 << 20);
    try (volta) {
      assertEquals(
          "device cuda:0 is a Gatun PTX emulator of compute capability 7.0: 7.5 or newer is needed",
          notOpened(volta, 0));
      assertEquals(
          "device cuda:3 does not exist: the driver has 1 device, counted from 0",
          notOpened(volta, 3));
    }
  }

  private static String notOpened(CudaDriver driver, int ordinal) {
    return String.valueOf(
        assertThrows(
                ConfigurationException.class,
                () ->
                    CudaMemory.open(
                        driver,
                        new Device.Cuda(ordinal),
                        ordinal,
                        KernelFiles.packed(),
                        new OwnProducts(),
                        false))
            .getMessage());
  }
}
