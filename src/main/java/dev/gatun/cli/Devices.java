package dev.gatun.cli;

import dev.gatun.cuda.CudaDriver;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.JCudaDriver;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.device.Device;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Storage;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import org.jspecify.annotations.Nullable;

/** The device that a verb computes on, open as long as it runs. */
final class Devices implements AutoCloseable {
  private static final int EMULATED_CAPABILITY = 80;

  private final Storage storage;
  private final @Nullable CudaMemory gpu;

  private Devices(Storage storage, @Nullable CudaMemory gpu) {
    this.storage = storage;
    this.gpu = gpu;
  }

  /**
   * Opens a device.
   *
   * @param ownGemm whether our own kernels multiply matrices, even where there is a library
   * @param synchronous whether to wait for each command, so that a failure names it
   */
  static Devices open(Device device, boolean ownGemm, boolean synchronous) {
    return switch (device) {
      case Device.Cpu _ -> new Devices(HostStorage.HOST, null);
      case Device.Cuda(int ordinal) -> of(device, JCudaDriver.load(), ordinal, synchronous);
      case Device.Emulator _ -> of(device, emulator(), 0, synchronous);
    };
  }

  private static Devices of(Device device, CudaDriver driver, int ordinal, boolean synchronous) {
    CudaMemory gpu =
        CudaMemory.open(
            driver, device, ordinal, KernelFiles.packed(), new OwnProducts(), synchronous);
    return new Devices(gpu, gpu);
  }

  private static CudaDriver emulator() {
    return new EmulatedDriver(Options.standard(), EMULATED_CAPABILITY, Machine.availableMemory());
  }

  /** Where its tensors are. */
  Storage storage() {
    return storage;
  }

  @Override
  public void close() {
    if (gpu != null) {
      gpu.close();
    }
  }
}
