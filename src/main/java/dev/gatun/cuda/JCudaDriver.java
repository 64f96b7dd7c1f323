package dev.gatun.cuda;

import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuFuncGetAttribute;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemAllocHost;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoD;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Command.Dim3;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;

/** The driver of NVIDIA, through the binding of JCuda. */
public final class JCudaDriver implements CudaDriver {
  private static final int OLDEST_DRIVER = 11_000;
  private static final int SUCCESS = 0;

  /** A ByteBuffer ends at 2 GiB. */
  private static final long SLICE = 1L << 30;

  private final Handles<CUcontext> contexts = new Handles<>("context");
  private final Handles<CUmodule> modules = new Handles<>("module");
  private final Handles<CUfunction> functions = new Handles<>("function");
  private final JCudaStreams streams = new JCudaStreams();
  private final Map<Long, Pinned> pinned = new HashMap<>();

  private JCudaDriver() {}

  /** Device memory whose address can be read. */
  private static final class Allocated extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  /** Host memory whose address can be read. */
  private static final class Pinned extends Pointer {
    MemorySegment segment(long bytes) {
      return MemorySegment.ofAddress(getNativePointer()).reinterpret(bytes);
    }
  }

  /**
   * Loads and initialises the driver.
   *
   * @throws ConfigurationException if there is none, or it is too old, saying what to do
   */
  public static JCudaDriver load() {
    try {
      PrivateNatives.initialize("jcuda.driver.JCudaDriver");
    } catch (LinkageError e) {
      throw new ConfigurationException(
          "there is no CUDA driver here (libcuda.so.1, or nvcuda.dll on Windows): install NVIDIA's"
              + " driver 450 or newer, or choose the device cpu or emulator",
          e);
    }
    jcuda.driver.JCudaDriver.setExceptionsEnabled(false);
    int result = cuInit(0);
    if (result == CudaException.NO_DEVICE) {
      throw new ConfigurationException(
          "the CUDA driver finds no GPU here: choose the device cpu or emulator");
    }
    if (result != SUCCESS) {
      throw new ConfigurationException(
          ("the CUDA driver cannot start, cuInit says %s: see whether nvidia-smi works, or choose"
                  + " the device cpu or emulator")
              .formatted(CUresult.stringFor(result)));
    }
    JCudaDriver driver = new JCudaDriver();
    int version = driver.driverVersion();
    if (version < OLDEST_DRIVER) {
      throw new ConfigurationException(
          "the CUDA driver is of version %d.%d: install NVIDIA's driver 450 or newer, which is 11.0"
              .formatted(version / 1000, version % 1000 / 10));
    }
    return driver;
  }

  @Override
  public int driverVersion() {
    int[] version = {0};
    check(cuDriverGetVersion(version), "cuDriverGetVersion");
    return version[0];
  }

  @Override
  public int deviceCount() {
    int[] count = {0};
    check(cuDeviceGetCount(count), "cuDeviceGetCount");
    return count[0];
  }

  @Override
  public String deviceName(int ordinal) {
    byte[] name = new byte[256];
    check(cuDeviceGetName(name, name.length, device(ordinal)), "cuDeviceGetName");
    int end = 0;
    while (end < name.length && name[end] != 0) {
      end++;
    }
    return new String(name, 0, end, StandardCharsets.UTF_8);
  }

  @Override
  public long totalMemory(int ordinal) {
    long[] bytes = {0};
    check(cuDeviceTotalMem(bytes, device(ordinal)), "cuDeviceTotalMem");
    return bytes[0];
  }

  @Override
  public int deviceAttribute(int ordinal, DeviceAttribute attribute) {
    int[] value = {0};
    int result = cuDeviceGetAttribute(value, attribute.number(), device(ordinal));
    check(result, "cuDeviceGetAttribute of " + attribute);
    return value[0];
  }

  private static CUdevice device(int ordinal) {
    CUdevice device = new CUdevice();
    check(cuDeviceGet(device, ordinal), "cuDeviceGet of device " + ordinal);
    return device;
  }

  @Override
  public long retainPrimaryContext(int ordinal) {
    CUcontext context = new CUcontext();
    check(cuDevicePrimaryCtxRetain(context, device(ordinal)), "cuDevicePrimaryCtxRetain");
    check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
    return contexts.add(context);
  }

  @Override
  public void releasePrimaryContext(int ordinal) {
    check(cuDevicePrimaryCtxRelease(device(ordinal)), "cuDevicePrimaryCtxRelease");
  }

  @Override
  public void setCurrent(long context) {
    check(cuCtxSetCurrent(contexts.get(context)), "cuCtxSetCurrent");
  }

  @Override
  public void synchronizeContext() {
    check(cuCtxSynchronize(), "cuCtxSynchronize");
  }

  @Override
  public long loadModule(String ptx, String origin) {
    CUmodule module = new CUmodule();
    check(cuModuleLoadData(module, ptx), "cuModuleLoadData of " + origin);
    return modules.add(module);
  }

  @Override
  public void unloadModule(long module) {
    check(cuModuleUnload(modules.remove(module)), "cuModuleUnload");
  }

  @Override
  public long function(long module, String entry) {
    CUfunction function = new CUfunction();
    check(
        cuModuleGetFunction(function, modules.get(module), entry),
        "cuModuleGetFunction of " + entry);
    return functions.add(function);
  }

  @Override
  public int functionAttribute(long function, FunctionAttribute attribute) {
    int[] value = {0};
    check(
        cuFuncGetAttribute(value, attribute.number(), functions.get(function)),
        "cuFuncGetAttribute of " + attribute);
    return value[0];
  }

  @Override
  public void setFunctionAttribute(long function, FunctionAttribute attribute, int value) {
    check(
        cuFuncSetAttribute(functions.get(function), attribute.number(), value),
        "cuFuncSetAttribute of " + attribute);
  }

  @Override
  public long allocate(long bytes) {
    Allocated memory = new Allocated();
    check(cuMemAlloc(memory, bytes), "cuMemAlloc of " + bytes + " bytes");
    return memory.address();
  }

  @Override
  public void free(long address) {
    check(cuMemFree(at(address)), "cuMemFree");
  }

  @Override
  public long freeMemory() {
    long[] free = {0};
    check(cuMemGetInfo(free, new long[1]), "cuMemGetInfo");
    return free[0];
  }

  @Override
  public MemorySegment allocateHost(long bytes) {
    Pinned memory = new Pinned();
    check(cuMemAllocHost(memory, bytes), "cuMemAllocHost of " + bytes + " bytes");
    MemorySegment segment = memory.segment(bytes);
    pinned.put(segment.address(), memory);
    return segment;
  }

  @Override
  public void freeHost(MemorySegment memory) {
    Pinned allocated = pinned.remove(memory.address());
    if (allocated == null) {
      throw new CudaException(CudaException.INVALID_VALUE, "this memory was not pinned here");
    }
    check(cuMemFreeHost(allocated), "cuMemFreeHost");
  }

  @Override
  public void copyToDevice(long target, MemorySegment source) {
    for (long at = 0; at < source.byteSize(); at += SLICE) {
      MemorySegment slice = slice(source, at);
      check(cuMemcpyHtoD(at(target + at), host(slice), slice.byteSize()), "cuMemcpyHtoD");
    }
  }

  @Override
  public void copyToHost(MemorySegment target, long source) {
    for (long at = 0; at < target.byteSize(); at += SLICE) {
      MemorySegment slice = slice(target, at);
      check(cuMemcpyDtoH(host(slice), at(source + at), slice.byteSize()), "cuMemcpyDtoH");
    }
  }

  @Override
  public void copyOnDevice(long target, long source, long bytes) {
    check(cuMemcpyDtoD(at(target), at(source), bytes), "cuMemcpyDtoD");
  }

  @Override
  public void copyToDeviceAsync(long target, MemorySegment source, long stream) {
    for (long at = 0; at < source.byteSize(); at += SLICE) {
      MemorySegment slice = slice(source, at);
      check(
          cuMemcpyHtoDAsync(
              at(target + at), host(slice), slice.byteSize(), streams.orDefault(stream)),
          "cuMemcpyHtoDAsync");
    }
  }

  @Override
  public void copyToHostAsync(MemorySegment target, long source, long stream) {
    for (long at = 0; at < target.byteSize(); at += SLICE) {
      MemorySegment slice = slice(target, at);
      check(
          cuMemcpyDtoHAsync(
              host(slice), at(source + at), slice.byteSize(), streams.orDefault(stream)),
          "cuMemcpyDtoHAsync");
    }
  }

  @Override
  public void copyOnDeviceAsync(long target, long source, long bytes, long stream) {
    check(
        cuMemcpyDtoDAsync(at(target), at(source), bytes, streams.orDefault(stream)),
        "cuMemcpyDtoDAsync");
  }

  @Override
  public void fillBytesAsync(long target, byte value, long bytes, long stream) {
    check(cuMemsetD8Async(at(target), value, bytes, streams.orDefault(stream)), "cuMemsetD8Async");
  }

  @Override
  public void fillWordsAsync(long target, int word, long words, long stream) {
    check(cuMemsetD32Async(at(target), word, words, streams.orDefault(stream)), "cuMemsetD32Async");
  }

  @Override
  public long createStream() {
    return streams.create();
  }

  @Override
  public void destroyStream(long stream) {
    streams.destroy(stream);
  }

  @Override
  public void synchronizeStream(long stream) {
    streams.synchronize(stream);
  }

  @Override
  public boolean isStreamIdle(long stream) {
    return streams.isIdle(stream);
  }

  @Override
  public void waitEvent(long stream, long event) {
    streams.waitEvent(stream, event);
  }

  @Override
  public long createEvent() {
    return streams.createEvent();
  }

  @Override
  public void destroyEvent(long event) {
    streams.destroyEvent(event);
  }

  @Override
  public void recordEvent(long event, long stream) {
    streams.recordEvent(event, stream);
  }

  @Override
  public void synchronizeEvent(long event) {
    streams.synchronizeEvent(event);
  }

  @Override
  public float elapsedMillis(long start, long end) {
    return streams.elapsedMillis(start, end);
  }

  @Override
  public void launch(
      long function,
      Dim3 grid,
      Dim3 block,
      int sharedBytes,
      long stream,
      List<MemorySegment> arguments) {
    Pointer[] values = arguments.stream().map(JCudaDriver::host).toArray(Pointer[]::new);
    int result =
        cuLaunchKernel(
            functions.get(function),
            grid.x(),
            grid.y(),
            grid.z(),
            block.x(),
            block.y(),
            block.z(),
            sharedBytes,
            streams.orDefault(stream),
            Pointer.to(values),
            null);
    check(result, "cuLaunchKernel");
  }

  @Override
  public void beginCapture(long stream) {
    streams.beginCapture(stream);
  }

  @Override
  public long endCapture(long stream) {
    return streams.endCapture(stream);
  }

  @Override
  public void launchGraph(long graph, long stream) {
    streams.launchGraph(graph, stream);
  }

  @Override
  public void destroyGraph(long graph) {
    streams.destroyGraph(graph);
  }

  /** The address as JCuda has it: an offset from null. */
  private static CUdeviceptr at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  private static Pointer host(MemorySegment memory) {
    return Pointer.to(memory.asByteBuffer());
  }

  private static MemorySegment slice(MemorySegment memory, long from) {
    return memory.asSlice(from, Math.min(SLICE, memory.byteSize() - from));
  }

  /** A stream that is not the default stream, for the binding of a library. */
  CUstream stream(long stream) {
    return streams.get(stream);
  }

  /** Its {@code CUstream}, the same. */
  long pointer(long stream) {
    return streams.address(stream);
  }

  /** Throws unless a call has succeeded. */
  static void check(int result, String call) {
    if (result != SUCCESS) {
      throw new CudaException(result, call + " failed with " + CUresult.stringFor(result));
    }
  }
}
