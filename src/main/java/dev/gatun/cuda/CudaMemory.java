package dev.gatun.cuda;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.device.Device;
import dev.gatun.device.DeviceMemory;
import dev.gatun.device.Queue;
import dev.gatun.device.Recording;
import dev.gatun.memory.Region;
import dev.gatun.memory.Upload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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
  private final boolean multipliesBf16;
  private final DeviceGuard guard;
  private final CudaQueue queue;
  private boolean graphs;
  private final Set<Region> regions = new LinkedHashSet<>();

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
    this.multipliesBf16 = capability(driver, ordinal) >= OLDEST_OF_BF16;
    this.kernels = new KernelLibrary(driver, files);
    this.guard = new DeviceGuard(device);
    GridLimits limits = GridLimits.of(driver, ordinal, device.toString());
    this.graphs = !synchronous;
    this.queue = new CudaQueue(driver, guard, kernels, limits, products, synchronous);
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
    retain(driver, device, ordinal);
    try {
      return new CudaMemory(driver, device, ordinal, files, products.get(), synchronous);
    } catch (RuntimeException e) {
      driver.releasePrimaryContext(ordinal);
      throw e;
    }
  }

  private static void retain(CudaDriver driver, Device device, int ordinal) {
    try {
      driver.retainPrimaryContext(ordinal);
    } catch (CudaException e) {
      if (e.code() == CudaException.OUT_OF_MEMORY) {
        throw new DoesNotFitException(
            device + " has not even the memory to begin with: see nvidia-smi for who has it", e);
      }
      throw new ConfigurationException(
          "device %s cannot be opened: %s; see nvidia-smi whether another process has it for itself"
              .formatted(device, e.getMessage()),
          e);
    }
  }

  static int capability(CudaDriver driver, int ordinal) {
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
    return multipliesBf16;
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

  /** Whether work that repeats is captured in graphs; it is unless each command is waited for. */
  public void setGraphs(boolean graphs) {
    this.graphs = graphs;
  }

  @Override
  public Optional<Recording> record(Runnable work) {
    return graphs ? queue.record(work) : Optional.empty();
  }

  /** Operations per second in 10¹² that its data sheet promises; NaN without such units. */
  public double peakTeraflops(boolean bf16) {
    return PeakRate.teraflops(driver, ordinal, bf16);
  }

  /** Milliseconds between begin and end of some work on the device, which the work submits. */
  public double millis(Runnable work) {
    long start = guard.call(driver::createEvent);
    long end = guard.call(driver::createEvent);
    guard.run(() -> driver.recordEvent(start, queue.stream()));
    work.run();
    guard.run(() -> driver.recordEvent(end, queue.stream()));
    queue.synchronize();
    double millis = guard.call(() -> driver.elapsedMillis(start, end));
    guard.run(() -> driver.destroyEvent(start));
    guard.run(() -> driver.destroyEvent(end));
    return millis;
  }

  /** Who computes matrix products. */
  public String products() {
    return products.description();
  }

  @Override
  public MemorySegment reserve(Region region, long bytes, Arena arena) {
    long address = allocate("region '" + region.name() + "'", bytes);
    regions.add(region);
    return segment(address, bytes, arena);
  }

  @Override
  public MemorySegment reserve(long bytes, Arena arena) {
    return segment(allocate("a buffer", bytes), bytes, arena);
  }

  @Override
  public void closed(Region region) {
    regions.remove(region);
  }

  private MemorySegment segment(long address, long bytes, Arena arena) {
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes, arena, memory -> guard.release(() -> driver.free(memory.address())));
  }

  private long allocate(String what, long bytes) {
    try {
      return guard.call(() -> driver.allocate(bytes));
    } catch (CudaException e) {
      if (e.code() != CudaException.OUT_OF_MEMORY) {
        throw e;
      }
      throw new DoesNotFitException(
          ("%s has %,d MB free of %,d MB, and %s needs %,d MB more; in use are %s. A smaller"
                  + " per_device_train_batch_size or gradient_checkpointing helps; the verb plan"
                  + " computes what a run needs")
              .formatted(
                  device,
                  driver.freeMemory() >> 20,
                  driver.totalMemory(ordinal) >> 20,
                  what,
                  bytes >> 20,
                  inUse()),
          e);
    }
  }

  private String inUse() {
    String inUse =
        regions.stream()
            .map(region -> "%s %,d MB".formatted(region.name(), region.reserved() >> 20))
            .collect(Collectors.joining(", "));
    return inUse.isEmpty() ? "no regions of this process" : inUse;
  }

  @Override
  public void fill(MemorySegment target, byte value) {
    if (target.byteSize() > 0) {
      guard.run(
          () -> driver.fillBytesAsync(target.address(), value, target.byteSize(), queue.stream()));
    }
  }

  @Override
  public void copy(MemorySegment source, MemorySegment target) {
    if (source.byteSize() > 0) {
      guard.run(
          () ->
              driver.copyOnDeviceAsync(
                  target.address(), source.address(), source.byteSize(), queue.stream()));
    }
  }

  @Override
  public void write(MemorySegment host, MemorySegment target) {
    if (host.byteSize() > 0) {
      queue.write(host, target.address());
    }
  }

  @Override
  public Upload upload(Region region) {
    return new CudaUpload(driver, guard, queue, region);
  }

  @Override
  public void read(MemorySegment source, MemorySegment host) {
    if (host.byteSize() > 0) {
      queue.read(source.address(), host);
    }
  }

  @Override
  public void close() {
    queue.close();
    guard.release(products::close);
    guard.release(kernels::close);
    guard.release(() -> driver.releasePrimaryContext(ordinal));
  }

  @Override
  public String toString() {
    return device.toString();
  }
}
