package dev.gatun.ptx;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.cuda.CudaDriver;
import dev.gatun.cuda.CudaException;
import dev.gatun.cuda.DeviceAttribute;
import dev.gatun.cuda.FunctionAttribute;
import dev.gatun.device.Command.Dim3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The CUDA driver of the emulated GPU: the same calls, the same PTX, the same failures. It has one
 * device. Work runs as late as is legal, see {@link StreamQueues}.
 */
public final class EmulatedDriver implements CudaDriver, AutoCloseable {
  private static final long CONTEXT = 1;
  private static final int VERSION = 12_060;
  private static final int DEFAULT_SHARED = 48 << 10;

  /** A kernel with what has been set for it. */
  private static final class Entry {
    final Kernel kernel;
    int dynamicShared = DEFAULT_SHARED;

    Entry(Kernel kernel) {
      this.kernel = kernel;
    }
  }

  /** Pinned host memory. */
  private static final class Pinned {
    final Arena arena = Arena.ofShared();
    final MemorySegment segment;

    Pinned(long bytes) {
      segment = arena.allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
    }
  }

  private final Emulator emulator;
  private final int computeCapability;
  private final long totalBytes;
  private final StreamQueues queues = new StreamQueues();
  private final Map<Long, Emulator.Loaded> modules = new HashMap<>();
  private final Map<Long, Entry> functions = new HashMap<>();
  private final Map<Long, StreamQueues.Event> events = new HashMap<>();
  private final Map<Long, List<Runnable>> graphs = new HashMap<>();
  private final Map<Long, Pinned> pinned = new HashMap<>();
  private long nextHandle = 2;
  private long allocations;
  private @Nullable CudaException lost;

  /**
   * @param computeCapability what it says it is: 75 or 80
   * @param totalBytes how much memory it says it has
   */
  public EmulatedDriver(Options options, int computeCapability, long totalBytes) {
    this.emulator = new Emulator(options);
    this.computeCapability = computeCapability;
    this.totalBytes = totalBytes;
  }

  /** What kernels did wrong without being stopped. */
  public List<Finding> findings() {
    return emulator.findings();
  }

  /** Forgets the findings. */
  public void clearFindings() {
    emulator.clearFindings();
  }

  /** Warp instructions executed so far. */
  public long executed() {
    return emulator.executed();
  }

  // ---- Device

  @Override
  public int driverVersion() {
    return VERSION;
  }

  @Override
  public int deviceCount() {
    return 1;
  }

  @Override
  public String deviceName(int ordinal) {
    device(ordinal);
    return "Gatun PTX emulator";
  }

  @Override
  public long totalMemory(int ordinal) {
    device(ordinal);
    return totalBytes;
  }

  @Override
  public int deviceAttribute(int ordinal, DeviceAttribute attribute) {
    device(ordinal);
    return switch (attribute) {
      case MAX_THREADS_PER_BLOCK, MAX_BLOCK_DIM_X, MAX_BLOCK_DIM_Y -> 1024;
      case MAX_BLOCK_DIM_Z -> 64;
      case MAX_GRID_DIM_X -> Integer.MAX_VALUE;
      case MAX_GRID_DIM_Y, MAX_GRID_DIM_Z -> 65_535;
      case MAX_SHARED_MEMORY_PER_BLOCK -> DEFAULT_SHARED;
      case MAX_SHARED_MEMORY_PER_BLOCK_OPTIN -> LaunchLimits.SHARED;
      case WARP_SIZE -> Warp.LANES;
      case MAX_REGISTERS_PER_BLOCK -> 65_536;
      case MULTIPROCESSOR_COUNT -> emulator.options().threads();
      case COMPUTE_CAPABILITY_MAJOR -> computeCapability / 10;
      case COMPUTE_CAPABILITY_MINOR -> computeCapability % 10;
      case CLOCK_RATE, MEMORY_CLOCK_RATE -> 1_000_000;
      case GLOBAL_MEMORY_BUS_WIDTH -> 64;
    };
  }

  private static void device(int ordinal) {
    if (ordinal != 0) {
      throw new CudaException(
          CudaException.INVALID_DEVICE, "the emulator has one device, there is no " + ordinal);
    }
  }

  @Override
  public long retainPrimaryContext(int ordinal) {
    device(ordinal);
    return CONTEXT;
  }

  @Override
  public void releasePrimaryContext(int ordinal) {
    device(ordinal);
    finishAll();
  }

  @Override
  public void setCurrent(long context) {
    if (context != CONTEXT) {
      throw new CudaException(CudaException.INVALID_CONTEXT, "context " + context);
    }
  }

  @Override
  public void synchronizeContext() {
    finishAll();
  }

  // ---- Modules

  @Override
  public long loadModule(String ptx, String origin) {
    alive();
    try {
      return put(modules, emulator.load(PtxModule.parse(origin, ptx)));
    } catch (DataException e) {
      throw new CudaException(CudaException.INVALID_PTX, String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void unloadModule(long module) {
    finishAll();
    take(modules, module, "module");
  }

  @Override
  public long function(long module, String entry) {
    alive();
    Emulator.Loaded loaded = get(modules, module, "module");
    try {
      return put(functions, new Entry(loaded.kernel(entry)));
    } catch (DataException e) {
      throw new CudaException(CudaException.NOT_FOUND, String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public int functionAttribute(long function, FunctionAttribute attribute) {
    Entry entry = get(functions, function, "function");
    Program program = entry.kernel.program();
    return switch (attribute) {
      case MAX_THREADS_PER_BLOCK ->
          program.function().maxThreads() == 0 ? 1024 : (int) program.function().maxThreads();
      case SHARED_SIZE_BYTES -> program.dynamicShared();
      case LOCAL_SIZE_BYTES -> (int) program.localBytes();
      case NUM_REGISTERS -> 0; // only a compiler allocates registers
      case MAX_DYNAMIC_SHARED_SIZE_BYTES -> entry.dynamicShared;
    };
  }

  @Override
  public void setFunctionAttribute(long function, FunctionAttribute attribute, int value) {
    Entry entry = get(functions, function, "function");
    boolean fits = value >= 0 && value + entry.kernel.sharedBytes() <= LaunchLimits.SHARED;
    if (attribute != FunctionAttribute.MAX_DYNAMIC_SHARED_SIZE_BYTES || !fits) {
      throw new CudaException(
          CudaException.INVALID_VALUE, attribute + " of " + entry.kernel.name() + " = " + value);
    }
    entry.dynamicShared = value;
  }

  // ---- Memory

  @Override
  public long allocate(long bytes) {
    alive();
    if (bytes <= 0) {
      throw new CudaException(CudaException.INVALID_VALUE, "an allocation of " + bytes);
    }
    if (bytes > freeMemory()) {
      throw new CudaException(
          CudaException.OUT_OF_MEMORY,
          "%,d bytes are asked for, %,d are free".formatted(bytes, freeMemory()));
    }
    try {
      return emulator.allocate(bytes, "allocation " + allocations++);
    } catch (DoesNotFitException e) {
      throw new CudaException(CudaException.OUT_OF_MEMORY, String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void free(long address) {
    finishAll();
    memory(() -> emulator.free(address));
  }

  @Override
  public long freeMemory() {
    return Math.max(0, totalBytes - emulator.usedBytes());
  }

  @Override
  public MemorySegment allocateHost(long bytes) {
    Pinned memory = new Pinned(bytes);
    pinned.put(memory.segment.address(), memory);
    return memory.segment;
  }

  @Override
  public void freeHost(MemorySegment memory) {
    finishAll();
    take(pinned, memory.address(), "pinned memory at").arena.close();
  }

  @Override
  public void copyToDevice(long target, MemorySegment source) {
    finishAll();
    memory(() -> emulator.write(target, source));
  }

  @Override
  public void copyToHost(MemorySegment target, long source) {
    finishAll();
    memory(() -> emulator.read(source, target));
  }

  @Override
  public void copyOnDevice(long target, long source, long bytes) {
    submit(0, () -> emulator.copy(source, target, bytes));
  }

  @Override
  public void copyToDeviceAsync(long target, MemorySegment source, long stream) {
    submit(stream, () -> emulator.write(target, source));
  }

  @Override
  public void copyToHostAsync(MemorySegment target, long source, long stream) {
    submit(stream, () -> emulator.read(source, target));
  }

  @Override
  public void copyOnDeviceAsync(long target, long source, long bytes, long stream) {
    submit(stream, () -> emulator.copy(source, target, bytes));
  }

  @Override
  public void fillBytesAsync(long target, byte value, long bytes, long stream) {
    submit(stream, () -> emulator.fill(target, bytes, value));
  }

  @Override
  public void fillWordsAsync(long target, int word, long words, long stream) {
    submit(stream, () -> emulator.fillWords(target, words, word));
  }

  // ---- Streams and events

  @Override
  public long createStream() {
    alive();
    long stream = nextHandle++;
    queues.create(stream);
    return stream;
  }

  @Override
  public void destroyStream(long stream) {
    finish(stream);
    queues.destroy(stream);
  }

  @Override
  public void synchronizeStream(long stream) {
    finish(stream);
  }

  @Override
  public boolean isStreamIdle(long stream) {
    stream(stream);
    return watched(() -> queues.idle(stream));
  }

  @Override
  public void waitEvent(long stream, long event) {
    stream(stream);
    refuseCapture(stream);
    queues.awaitEvent(stream, get(events, event, "event"));
  }

  @Override
  public long createEvent() {
    alive();
    return put(events, new StreamQueues.Event());
  }

  @Override
  public void destroyEvent(long event) {
    take(events, event, "event");
  }

  @Override
  public void recordEvent(long event, long stream) {
    stream(stream);
    refuseCapture(stream);
    queues.record(get(events, event, "event"), stream);
  }

  @Override
  public void synchronizeEvent(long event) {
    alive();
    StreamQueues.Event found = get(events, event, "event");
    watched(
        () -> {
          queues.finish(found);
          return true;
        });
  }

  @Override
  public float elapsedMillis(long start, long end) {
    synchronizeEvent(start);
    synchronizeEvent(end);
    return StreamQueues.millis(get(events, start, "event"), get(events, end, "event"));
  }

  // ---- Launches

  @Override
  public void launch(
      long function,
      Dim3 grid,
      Dim3 block,
      int sharedBytes,
      long stream,
      List<MemorySegment> arguments) {
    Entry entry = get(functions, function, "function");
    Kernel kernel = entry.kernel;
    if (sharedBytes > entry.dynamicShared) {
      throw new CudaException(
          CudaException.INVALID_VALUE,
          "%s: %,d bytes of dynamic shared memory, %,d are allowed"
              .formatted(kernel.name(), sharedBytes, entry.dynamicShared));
    }
    byte[] parameters = parameters(kernel, arguments);
    try {
      LaunchLimits.check(new Launch(kernel.program(), grid, block, sharedBytes, parameters));
    } catch (ConfigurationException e) {
      throw new CudaException(CudaException.INVALID_VALUE, String.valueOf(e.getMessage()), e);
    }
    submit(stream, () -> emulator.launch(kernel, grid, block, sharedBytes, parameters));
  }

  private static byte[] parameters(Kernel kernel, List<MemorySegment> arguments) {
    List<Kernel.Parameter> parameters = kernel.parameters();
    if (parameters.size() != arguments.size()) {
      throw new CudaException(
          CudaException.INVALID_VALUE,
          "%s takes %d parameters, the launch gives %d"
              .formatted(kernel.name(), parameters.size(), arguments.size()));
    }
    byte[] bytes = new byte[kernel.parameterBytes()];
    for (int i = 0; i < parameters.size(); i++) {
      Kernel.Parameter parameter = parameters.get(i);
      MemorySegment argument = arguments.get(i);
      if (argument.byteSize() != parameter.bytes()) {
        throw new CudaException(
            CudaException.INVALID_VALUE,
            "%s: parameter %s has %d bytes, the launch gives %d"
                .formatted(
                    kernel.name(), parameter.name(), parameter.bytes(), argument.byteSize()));
      }
      MemorySegment.copy(argument, View.BYTE, 0, bytes, parameter.offset(), parameter.bytes());
    }
    return bytes;
  }

  @Override
  public void beginCapture(long stream) {
    stream(stream);
    queues.beginCapture(stream);
  }

  @Override
  public long endCapture(long stream) {
    stream(stream);
    return put(graphs, queues.endCapture(stream));
  }

  @Override
  public void launchGraph(long graph, long stream) {
    for (Runnable work : get(graphs, graph, "graph")) {
      submit(stream, work);
    }
  }

  @Override
  public void destroyGraph(long graph) {
    take(graphs, graph, "graph");
  }

  @Override
  public void close() {
    queues.drop();
    pinned.values().forEach(memory -> memory.arena.close());
    pinned.clear();
    emulator.close();
  }

  // ---- Failures

  private void submit(long stream, Runnable work) {
    stream(stream);
    queues.submit(stream, work);
  }

  private void stream(long stream) {
    alive();
    if (!queues.exists(stream)) {
      throw new CudaException(CudaException.INVALID_HANDLE, "stream " + stream);
    }
  }

  private void refuseCapture(long stream) {
    if (queues.capturing(stream)) {
      throw new CudaException(
          CudaException.STREAM_CAPTURE_UNSUPPORTED, "events are not captured by the emulator");
    }
  }

  private void finish(long stream) {
    stream(stream);
    if (queues.capturing(stream)) {
      throw new CudaException(
          CudaException.STREAM_CAPTURE_UNSUPPORTED, "a stream is waited for while captured");
    }
    watched(
        () -> {
          queues.finish(stream);
          return true;
        });
  }

  private void finishAll() {
    alive();
    watched(
        () -> {
          queues.finishAll();
          return true;
        });
  }

  /** Runs work and turns what goes wrong into what the driver reports, for good. */
  private <T> T watched(java.util.function.Supplier<T> work) {
    alive();
    try {
      return work.get();
    } catch (KernelFault fault) {
      lost = new CudaException(code(fault), String.valueOf(fault.getMessage()), fault);
    } catch (IllegalArgumentException e) {
      lost = new CudaException(CudaException.ILLEGAL_ADDRESS, String.valueOf(e.getMessage()), e);
    }
    queues.drop();
    throw lost;
  }

  private static void memory(Runnable copy) {
    try {
      copy.run();
    } catch (IllegalArgumentException e) {
      throw new CudaException(CudaException.INVALID_VALUE, String.valueOf(e.getMessage()), e);
    }
  }

  private void alive() {
    if (lost != null) {
      throw new CudaException(lost.code(), "an earlier kernel failed: " + lost.getMessage(), lost);
    }
  }

  private static int code(KernelFault fault) {
    return switch (fault.finding().kind()) {
      case OUT_OF_BOUNDS, USE_AFTER_FREE, READ_ONLY -> CudaException.ILLEGAL_ADDRESS;
      case MISALIGNED -> CudaException.MISALIGNED_ADDRESS;
      default -> CudaException.LAUNCH_FAILED;
    };
  }

  // ---- Handles

  private <T> long put(Map<Long, T> map, T value) {
    long handle = nextHandle++;
    map.put(handle, value);
    return handle;
  }

  private static <T> T get(Map<Long, T> map, long handle, String what) {
    T found = map.get(handle);
    if (found == null) {
      throw new CudaException(CudaException.INVALID_HANDLE, what + " " + handle);
    }
    return found;
  }

  private static <T> T take(Map<Long, T> map, long handle, String what) {
    T found = get(map, handle, what);
    map.remove(handle);
    return found;
  }
}
