package dev.gatun.cuda;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.device.Device;
import dev.gatun.device.DeviceMemory;
import dev.gatun.device.Queue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** The memory of one GPU, real or emulated, with the queue in which the work on it runs. */
public final class CudaMemory implements DeviceMemory, AutoCloseable {
  /** Volta and older compute no bf16 and are not tested. */
  private static final int OLDEST_CAPABILITY = 75;

  /** Ampere brought tensor cores for bf16. */
  private static final int OLDEST_OF_BF16 = 80;

  private final CudaDriver driver;
  private final Device device;
  private final int ordinal;
  private final KernelLibrary kernels;
  private final Products products;
  private final CudaQueue queue;

  private CudaMemory(
      CudaDriver driver,
      Device device,
      int ordinal,
      KernelFiles files,
      Products products,
      boolean synchronous) {
    this.driver = driver;
    this.device = device;
    this.ordinal = ordinal;
    this.products = products;
    this.kernels = new KernelLibrary(driver, files);
    this.queue = new CudaQueue(driver, kernels, products, synchronous);
  }

  /**
   * Opens a device.
   *
   * @param device what messages call it
   * @param ordinal which of the driver's devices
   * @param products who computes matrix products
   * @param synchronous whether to wait for each command, so that a failure names it
   * @throws ConfigurationException if there is no such device or it is too old
   */
  public static CudaMemory open(
      CudaDriver driver,
      Device device,
      int ordinal,
      KernelFiles files,
      Products products,
      boolean synchronous) {
    return open(driver, device, ordinal, files, () -> products, synchronous);
  }

  /**
   * As the other, for products that need the context of the device.
   *
   * @param products chooses who computes matrix products, when the context is current
   */
  public static CudaMemory open(
      CudaDriver driver,
      Device device,
      int ordinal,
      KernelFiles files,
      Supplier<Products> products,
      boolean synchronous) {
    int count = driver.deviceCount();
    if (ordinal >= count) {
      throw new ConfigurationException(
          "device %s does not exist: the driver has %d device%s, counted from 0"
              .formatted(device, count, count == 1 ? "" : "s"));
    }
    int capability = capability(driver, ordinal);
    if (capability < OLDEST_CAPABILITY) {
      throw new ConfigurationException(
          "device %s is a %s of compute capability %d.%d: 7.5 or newer is needed"
              .formatted(device, driver.deviceName(ordinal), capability / 10, capability % 10));
    }
    driver.retainPrimaryContext(ordinal);
    try {
      return new CudaMemory(driver, device, ordinal, files, products.get(), synchronous);
    } catch (RuntimeException e) {
      driver.releasePrimaryContext(ordinal);
      throw e;
    }
  }

  private static int capability(CudaDriver driver, int ordinal) {
    return 10 * driver.deviceAttribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR)
        + driver.deviceAttribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MINOR);
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public Queue queue() {
    return queue;
  }

  @Override
  public boolean multipliesBf16() {
    return capability(driver, ordinal) >= OLDEST_OF_BF16;
  }

  @Override
  public <R> R withBf16Factors(Supplier<R> work) {
    if (!multipliesBf16()) {
      throw new IllegalStateException(
          device + " multiplies no bf16 numbers: compute capability 8.0 is needed");
    }
    boolean before = queue.bf16Factors();
    queue.setBf16Factors(true);
    try {
      return work.get();
    } finally {
      queue.setBf16Factors(before);
    }
  }

  /** Who computes matrix products. */
  public String products() {
    return products.description();
  }

  @Override
  public MemorySegment reserve(long bytes, Arena arena) {
    long address = allocate(bytes);
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes, arena, memory -> driver.free(memory.address()));
  }

  private long allocate(long bytes) {
    try {
      return driver.allocate(bytes);
    } catch (CudaException e) {
      if (e.code() != CudaException.OUT_OF_MEMORY) {
        throw e;
      }
      throw new DoesNotFitException(
          ("%s has %,d MB free of %,d MB, and %,d MB more are needed: a smaller"
                  + " per_device_train_batch_size or gradient_checkpointing helps")
              .formatted(
                  device,
                  driver.freeMemory() >> 20,
                  driver.totalMemory(ordinal) >> 20,
                  bytes >> 20));
    }
  }

  @Override
  public void fill(MemorySegment target, byte value) {
    if (target.byteSize() > 0) {
      driver.fillBytesAsync(target.address(), value, target.byteSize(), queue.stream());
    }
  }

  @Override
  public void copy(MemorySegment source, MemorySegment target) {
    if (source.byteSize() > 0) {
      driver.copyOnDeviceAsync(
          target.address(), source.address(), source.byteSize(), queue.stream());
    }
  }

  @Override
  public void write(MemorySegment host, MemorySegment target) {
    if (host.byteSize() > 0) {
      queue.synchronize(); // what the memory held before may still be read
      driver.copyToDevice(target.address(), host);
    }
  }

  @Override
  public void read(MemorySegment source, MemorySegment host) {
    if (host.byteSize() > 0) {
      queue.synchronize();
      driver.copyToHost(host, source.address());
    }
  }

  @Override
  public void close() {
    queue.close();
    products.close();
    kernels.close();
    driver.releasePrimaryContext(ordinal);
  }

  @Override
  public String toString() {
    return device.toString();
  }
}
