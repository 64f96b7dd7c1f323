package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.cuda.Blas;
import dev.gatun.cuda.CudaDriver;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.JCudaDriver;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.cuda.Products;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Storage;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import dev.gatun.train.RunConfig;
import java.util.function.Supplier;
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
   * @param gemm who multiplies matrices
   * @param synchronous whether to wait for each command, so that a failure names it
   */
  static Devices open(Device device, GemmChoice gemm, boolean synchronous) {
    return switch (device) {
      case Device.Cpu _ -> new Devices(HostStorage.HOST, null);
      case Device.Cuda(int ordinal) -> {
        JCudaDriver driver = JCudaDriver.load();
        yield of(device, driver, ordinal, () -> Blas.choose(gemm, driver), synchronous);
      }
      case Device.Emulator _ -> of(device, emulator(), 0, () -> emulated(gemm), synchronous);
    };
  }

  /** Opens the device of a run. */
  static Devices of(RunConfig run) {
    Devices devices = open(run.device(), run.gemm(), run.cudaSync());
    if (devices.gpu != null && !run.cudaGraphs()) {
      devices.gpu.setGraphs(false);
    }
    return devices;
  }

  private static Devices of(
      Device device,
      CudaDriver driver,
      int ordinal,
      Supplier<Products> products,
      boolean synchronous) {
    CudaMemory gpu =
        CudaMemory.open(driver, device, ordinal, KernelFiles.packed(), products, synchronous);
    return new Devices(gpu, gpu);
  }

  private static Products emulated(GemmChoice gemm) {
    if (gemm == GemmChoice.CUBLAS) {
      throw new ConfigurationException(
          "the emulator runs PTX, and cuBLAS needs a GPU: choose --gemm auto or own");
    }
    return new OwnProducts();
  }

  private static CudaDriver emulator() {
    return new EmulatedDriver(Options.standard(), EMULATED_CAPABILITY, Machine.availableMemory());
  }

  /** The GPU, real or emulated; an error on the CPU. */
  CudaMemory gpu() {
    if (gpu == null) {
      throw new ConfigurationException("the cpu is no GPU: choose the device cuda:N or emulator");
    }
    return gpu;
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
