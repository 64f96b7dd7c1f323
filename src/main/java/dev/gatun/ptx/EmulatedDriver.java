package dev.gatun.ptx;

import dev.gatun.core.DataException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.cuda.CudaDriver;
import dev.gatun.cuda.CudaException;
import dev.gatun.cuda.DeviceAttribute;
import dev.gatun.cuda.FunctionAttribute;
import dev.gatun.cuda.Handles;
import dev.gatun.device.Command.Dim3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The CUDA driver of the emulated GPU: the same calls, the same PTX, the same failures. It has one
 * device. Work runs as late as is legal, see {@link StreamQueues}.
 */
public final class EmulatedDriver implements CudaDriver, AutoCloseable {
  private static final long CONTEXT = 1;
  private static final int VERSION = 12_060;

  /** Pinned host memory. */
  private static final class Pinned {
    final Arena arena = Arena.ofShared();
    final MemorySegment segment;

    Pinned(long bytes) {
      segment = arena.allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
    }
  }

  private final Emulator emulator;
  private final EmulatedDevice device;
  private final EmulatedContext context = new EmulatedContext();
  private final StreamQueues queues = new StreamQueues();
  private final AtomicLong handles = new AtomicLong(CONTEXT);
  private final Handles<Emulator.Loaded> modules = new Handles<>("module", handles);
  private final Handles<EmulatedFunction> functions = new Handles<>("function", handles);
  private final Handles<StreamQueues.Event> events = new Handles<>("event", handles);
  private final Handles<List<Runnable>> graphs = new Handles<>("graph", handles);
  private final Map<Long, Pinned> pinned = new HashMap<>();
  private long allocations;

  /**
   * @param computeCapability what it says it is: 75 or 80
   * @param totalBytes how much memory it says it has
   */
  public EmulatedDriver(Options options, int computeCapability, long totalBytes) {
    this.emulator = new Emulator(options);
    this.device = new EmulatedDevice(computeCapability, options.threads(), totalBytes);
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
    EmulatedDevice.requireOnly(ordinal);
    return "Gatun PTX emulator";
  }

  @Override
  public long totalMemory(int ordinal) {
    EmulatedDevice.requireOnly(ordinal);
    return device.totalBytes();
  }

  @Override
  public int deviceAttribute(int ordinal, DeviceAttribute attribute) {
    EmulatedDevice.requireOnly(ordinal);
    return device.attribute(attribute);
  }

  @Override
  public long retainPrimaryContext(int ordinal) {
    EmulatedDevice.requireOnly(ordinal);
    return CONTEXT;
  }

  @Override
  public void releasePrimaryContext(int ordinal) {
    EmulatedDevice.requireOnly(ordinal);
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
    refuseCapture("a module is loaded");
    try {
      return modules.add(emulator.load(PtxModule.parse(origin, ptx)));
    } catch (DataException e) {
      throw new CudaException(CudaException.INVALID_PTX, String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void unloadModule(long module) {
    finishAll();
    modules.remove(module);
  }

  @Override
  public long function(long module, String entry) {
    context.requireAlive();
    Emulator.Loaded loaded = modules.get(module);
    try {
      return functions.add(new EmulatedFunction(loaded.kernel(entry)));
    } catch (DataException e) {
      throw new CudaException(CudaException.NOT_FOUND, String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public int functionAttribute(long function, FunctionAttribute attribute) {
    return functions.get(function).attribute(attribute);
  }

  @Override
  public void setFunctionAttribute(long function, FunctionAttribute attribute, int value) {
    functions.get(function).set(attribute, value);
  }

  // ---- Memory

  @Override
  public long allocate(long bytes) {
    refuseCapture("memory is allocated");
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
    EmulatedContext.refusing(() -> emulator.free(address));
  }

  @Override
  public long freeMemory() {
    return Math.max(0, device.totalBytes() - emulator.usedBytes());
  }

  @Override
  public MemorySegment allocateHost(long bytes) {
    refuseCapture("memory is pinned");
    Pinned memory = new Pinned(bytes);
    pinned.put(memory.segment.address(), memory);
    return memory.segment;
  }

  @Override
  public void freeHost(MemorySegment memory) {
    finishAll();
    Pinned allocated = pinned.remove(memory.address());
    if (allocated == null) {
      throw new CudaException(CudaException.INVALID_VALUE, "this memory was not pinned here");
    }
    allocated.arena.close();
  }

  @Override
  public void copyToDevice(long target, MemorySegment source) {
    finishDefault();
    EmulatedContext.refusing(() -> emulator.write(target, source));
  }

  @Override
  public void copyToHost(MemorySegment target, long source) {
    finishDefault();
    EmulatedContext.refusing(() -> emulator.read(source, target));
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
    context.requireAlive();
    long stream = handles.incrementAndGet();
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
    refuseEvents(stream);
    queues.awaitEvent(stream, events.get(event));
  }

  @Override
  public long createEvent() {
    context.requireAlive();
    return events.add(new StreamQueues.Event());
  }

  @Override
  public void destroyEvent(long event) {
    events.remove(event);
  }

  @Override
  public void recordEvent(long event, long stream) {
    stream(stream);
    refuseEvents(stream);
    queues.record(events.get(event), stream);
  }

  @Override
  public void synchronizeEvent(long event) {
    context.requireAlive();
    StreamQueues.Event found = events.get(event);
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
    return StreamQueues.millis(events.get(start), events.get(end));
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
    Launch launch = functions.get(function).launch(grid, block, sharedBytes, arguments);
    submit(stream, () -> emulator.launch(launch));
  }

  @Override
  public void beginCapture(long stream) {
    stream(stream);
    queues.beginCapture(stream);
  }

  @Override
  public long endCapture(long stream) {
    stream(stream);
    return graphs.add(queues.endCapture(stream));
  }

  @Override
  public void launchGraph(long graph, long stream) {
    for (Runnable work : graphs.get(graph)) {
      submit(stream, work);
    }
  }

  @Override
  public void destroyGraph(long graph) {
    graphs.remove(graph);
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
    context.requireAlive();
    if (!queues.exists(stream)) {
      throw new CudaException(CudaException.INVALID_HANDLE, "stream " + stream);
    }
  }

  private void refuseEvents(long stream) {
    if (queues.isCapturing(stream)) {
      queues.invalidateCaptures();
      throw new CudaException(
          CudaException.STREAM_CAPTURE_UNSUPPORTED, "events are not captured by the emulator");
    }
  }

  /** Refuses what must not happen while any stream is captured. */
  private void refuseCapture(String what) {
    context.requireAlive();
    if (queues.invalidateCaptures()) {
      throw new CudaException(
          CudaException.STREAM_CAPTURE_UNSUPPORTED, what + " while a stream is captured");
    }
  }

  private void finish(long stream) {
    stream(stream);
    if (queues.isCapturing(stream)) {
      refuseCapture("a stream is waited for");
    }
    watched(
        () -> {
          queues.finish(stream);
          return true;
        });
  }

  private void finishDefault() {
    refuseCapture("the default stream is waited for");
    finish(0);
  }

  private void finishAll() {
    refuseCapture("the device is waited for");
    watched(
        () -> {
          queues.finishAll();
          return true;
        });
  }

  /** Runs work; where it fails, all that waits is forgotten. */
  private <T> T watched(Supplier<T> work) {
    return context.watch(work, queues::drop);
  }
}
