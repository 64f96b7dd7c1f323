package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.device.Command.Dim3;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A {@code libcuda.so.1} that is nothing but calls back into Java, where the emulator serves them:
 * so JCuda runs unmodified on a machine with no GPU, and what it makes of our arguments shows.
 *
 * <p>Every static method {@code cu...} here is one function of the library; {@code long} stands for
 * pointers, handles, addresses and sizes. All other functions that JCuda imports answer {@code
 * CUDA_ERROR_NOT_SUPPORTED}: one that did not exist would end the process.
 */
@SuppressWarnings("unused") // called from C, found by name
final class FakeLibcuda {
  private static final EmulatedDriver DRIVER = new EmulatedDriver(Options.standard(), 80, 1L << 30);
  private static final Map<Long, String> PTX = new HashMap<>();
  private static final Map<Long, List<Integer>> PARAMETER_SIZES = new HashMap<>();

  /** What captures have made, by the handle of the graph, until it is destroyed. */
  private static final Map<Long, Long> GRAPHS = new HashMap<>();

  private static final long GRAPH = 1L << 40;

  /** The calls that are about graphs, in order. */
  static final List<String> GRAPH_CALLS = new ArrayList<>();

  private static int initResult;
  private static int version = DRIVER.driverVersion();

  private FakeLibcuda() {}

  /** What {@code cuInit} answers from now on, and the version of the driver. */
  static void become(int result, int driverVersion) {
    initResult = result;
    version = driverVersion;
  }

  /** The C source of the library. */
  static String source(Set<String> imports) {
    StringBuilder c = new StringBuilder();
    for (Method function : functions()) {
      List<String> types =
          Arrays.stream(function.getParameterTypes())
              .map(type -> type == byte.class ? "unsigned char" : type.getName())
              .toList();
      String parameters =
          IntStream.range(0, types.size())
              .mapToObj(i -> types.get(i) + " a" + i)
              .collect(Collectors.joining(", "));
      String arguments =
          IntStream.range(0, types.size()).mapToObj(i -> "a" + i).collect(Collectors.joining(", "));
      String name = function.getName();
      c.append("int (*fake_%s)(%s);%n".formatted(name, String.join(", ", types)));
      c.append("int %s(%s) { return fake_%s(%s); }%n".formatted(name, parameters, name, arguments));
    }
    List<String> known = functions().stream().map(Method::getName).toList();
    for (String name : imports) {
      if (!known.contains(name)) {
        c.append("int %s(void) { return %d; }%n".formatted(name, CudaException.NOT_SUPPORTED));
      }
    }
    return c.toString();
  }

  /** Loads the compiled library, which must happen before JCuda's, and connects it. */
  static void install(Path library) throws ReflectiveOperationException {
    System.load(library.toString());
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    for (Method function : functions()) {
      MethodHandle handle = lookup.unreflect(function);
      MethodType failureType = handle.type().insertParameterTypes(0, Throwable.class);
      MethodHandle failure =
          MethodHandles.dropArguments(
              lookup.findStatic(
                  FakeLibcuda.class, "failure", MethodType.methodType(int.class, Throwable.class)),
              1,
              handle.type().parameterList());
      if (!failure.type().equals(failureType)) {
        throw new AssertionError(failure.type() + " does not catch for " + failureType);
      }
      MethodHandle safe = MethodHandles.catchException(handle, Throwable.class, failure);
      MemorySegment stub =
          Linker.nativeLinker().upcallStub(safe, descriptor(function), Arena.global());
      SymbolLookup.loaderLookup()
          .findOrThrow("fake_" + function.getName())
          .reinterpret(Long.BYTES)
          .set(JAVA_LONG, 0, stub.address());
    }
  }

  private static FunctionDescriptor descriptor(Method function) {
    MemoryLayout[] types =
        Arrays.stream(function.getParameterTypes())
            .map(type -> type == long.class ? JAVA_LONG : type == int.class ? JAVA_INT : JAVA_BYTE)
            .toArray(MemoryLayout[]::new);
    return FunctionDescriptor.of(JAVA_INT, types);
  }

  private static List<Method> functions() {
    return Arrays.stream(FakeLibcuda.class.getDeclaredMethods())
        .filter(method -> method.getName().startsWith("cu"))
        .sorted((a, b) -> a.getName().compareTo(b.getName()))
        .toList();
  }

  private static int failure(Throwable failure) {
    return failure instanceof CudaException e ? e.code() : 999;
  }

  private static int put(long pointer, long value) {
    MemorySegment.ofAddress(pointer).reinterpret(Long.BYTES).set(JAVA_LONG, 0, value);
    return 0;
  }

  private static int putInt(long pointer, int value) {
    MemorySegment.ofAddress(pointer).reinterpret(Integer.BYTES).set(JAVA_INT, 0, value);
    return 0;
  }

  private static String text(long pointer) {
    return MemorySegment.ofAddress(pointer).reinterpret(Long.MAX_VALUE).getString(0);
  }

  private static MemorySegment host(long pointer, long bytes) {
    return MemorySegment.ofAddress(pointer).reinterpret(bytes);
  }

  static int cuInit(int flags) {
    return initResult;
  }

  static int cuDriverGetVersion(long pointer) {
    return putInt(pointer, version);
  }

  static int cuDeviceGetCount(long count) {
    return putInt(count, DRIVER.deviceCount());
  }

  static int cuDeviceGet(long device, int ordinal) {
    return ordinal == 0 ? putInt(device, 0) : CudaException.INVALID_DEVICE;
  }

  static int cuDeviceGetName(long name, int length, int device) {
    byte[] bytes = DRIVER.deviceName(device).getBytes(StandardCharsets.UTF_8);
    MemorySegment target = host(name, length).fill((byte) 0);
    MemorySegment.copy(bytes, 0, target, JAVA_BYTE, 0, bytes.length);
    return 0;
  }

  static int cuDeviceTotalMem_v2(long bytes, int device) {
    return put(bytes, DRIVER.totalMemory(device));
  }

  static int cuDeviceGetAttribute(long value, int attribute, int device) {
    for (DeviceAttribute known : DeviceAttribute.values()) {
      if (known.number() == attribute) {
        return putInt(value, DRIVER.deviceAttribute(device, known));
      }
    }
    return CudaException.INVALID_VALUE;
  }

  static int cuDevicePrimaryCtxRetain(long context, int device) {
    return put(context, DRIVER.retainPrimaryContext(device));
  }

  static int cuDevicePrimaryCtxRelease_v2(int device) {
    DRIVER.releasePrimaryContext(device);
    return 0;
  }

  static int cuCtxSetCurrent(long context) {
    DRIVER.setCurrent(context);
    return 0;
  }

  static int cuCtxSynchronize() {
    DRIVER.synchronizeContext();
    return 0;
  }

  static int cuModuleLoadData(long module, long image) {
    long handle = DRIVER.loadModule(text(image), "image");
    PTX.put(handle, text(image));
    return put(module, handle);
  }

  static int cuModuleUnload(long module) {
    DRIVER.unloadModule(module);
    return 0;
  }

  static int cuModuleGetFunction(long function, long module, long name) {
    long handle = DRIVER.function(module, text(name));
    List<Integer> sizes = new ArrayList<>();
    for (String type : Signature.of(PTX.getOrDefault(module, ""), text(name), "image").types()) {
      sizes.add(type.endsWith("64") ? 8 : 4);
    }
    PARAMETER_SIZES.put(handle, sizes);
    return put(function, handle);
  }

  static int cuFuncGetAttribute(long value, int attribute, long function) {
    return putInt(value, DRIVER.functionAttribute(function, attribute(attribute)));
  }

  static int cuFuncSetAttribute(long function, int attribute, int value) {
    DRIVER.setFunctionAttribute(function, attribute(attribute), value);
    return 0;
  }

  private static FunctionAttribute attribute(int number) {
    return Arrays.stream(FunctionAttribute.values())
        .filter(attribute -> attribute.number() == number)
        .findFirst()
        .orElseThrow();
  }

  static int cuMemAlloc_v2(long pointer, long bytes) {
    return put(pointer, DRIVER.allocate(bytes));
  }

  static int cuMemFree_v2(long address) {
    DRIVER.free(address);
    return 0;
  }

  static int cuMemGetInfo_v2(long free, long total) {
    put(total, DRIVER.totalMemory(0));
    return put(free, DRIVER.freeMemory());
  }

  static int cuMemAllocHost_v2(long pointer, long bytes) {
    return put(pointer, DRIVER.allocateHost(bytes).address());
  }

  static int cuMemFreeHost(long pointer) {
    DRIVER.freeHost(MemorySegment.ofAddress(pointer));
    return 0;
  }

  static int cuMemcpyHtoD_v2(long target, long source, long bytes) {
    DRIVER.copyToDevice(target, host(source, bytes));
    return 0;
  }

  static int cuMemcpyDtoH_v2(long target, long source, long bytes) {
    DRIVER.copyToHost(host(target, bytes), source);
    return 0;
  }

  static int cuMemcpyDtoD_v2(long target, long source, long bytes) {
    DRIVER.copyOnDevice(target, source, bytes);
    return 0;
  }

  static int cuMemcpyHtoDAsync_v2(long target, long source, long bytes, long stream) {
    DRIVER.copyToDeviceAsync(target, host(source, bytes), stream);
    return 0;
  }

  static int cuMemcpyDtoHAsync_v2(long target, long source, long bytes, long stream) {
    DRIVER.copyToHostAsync(host(target, bytes), source, stream);
    return 0;
  }

  static int cuMemcpyDtoDAsync_v2(long target, long source, long bytes, long stream) {
    DRIVER.copyOnDeviceAsync(target, source, bytes, stream);
    return 0;
  }

  static int cuMemsetD8Async(long target, byte value, long bytes, long stream) {
    DRIVER.fillBytesAsync(target, value, bytes, stream);
    return 0;
  }

  static int cuMemsetD32Async(long target, int word, long words, long stream) {
    DRIVER.fillWordsAsync(target, word, words, stream);
    return 0;
  }

  static int cuStreamCreate(long stream, int flags) {
    return flags == 1 ? put(stream, DRIVER.createStream()) : CudaException.INVALID_VALUE;
  }

  static int cuStreamDestroy_v2(long stream) {
    DRIVER.destroyStream(stream);
    return 0;
  }

  static int cuStreamSynchronize(long stream) {
    DRIVER.synchronizeStream(stream);
    return 0;
  }

  static int cuStreamQuery(long stream) {
    return DRIVER.isStreamIdle(stream) ? 0 : CudaException.NOT_READY;
  }

  static int cuStreamWaitEvent(long stream, long event, int flags) {
    DRIVER.waitEvent(stream, event);
    return 0;
  }

  static int cuEventCreate(long event, int flags) {
    return put(event, DRIVER.createEvent());
  }

  static int cuEventDestroy_v2(long event) {
    DRIVER.destroyEvent(event);
    return 0;
  }

  static int cuEventRecord(long event, long stream) {
    DRIVER.recordEvent(event, stream);
    return 0;
  }

  static int cuEventSynchronize(long event) {
    DRIVER.synchronizeEvent(event);
    return 0;
  }

  static int cuEventElapsedTime(long millis, long start, long end) {
    return putInt(millis, Float.floatToRawIntBits(DRIVER.elapsedMillis(start, end)));
  }

  static int cuLaunchKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long parameters,
      long extra) {
    List<Integer> sizes = PARAMETER_SIZES.getOrDefault(function, List.of());
    MemorySegment pointers = host(parameters, (long) Long.BYTES * sizes.size());
    List<MemorySegment> arguments = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      arguments.add(host(pointers.getAtIndex(JAVA_LONG, i), sizes.get(i)));
    }
    Dim3 grid = new Dim3(gridX, gridY, gridZ);
    Dim3 block = new Dim3(blockX, blockY, blockZ);
    DRIVER.launch(function, grid, block, sharedBytes, stream, arguments);
    return extra == 0 ? 0 : CudaException.NOT_SUPPORTED;
  }

  static int cuStreamBeginCapture_v2(long stream, int mode) {
    GRAPH_CALLS.add("cuStreamBeginCapture");
    DRIVER.beginCapture(stream);
    return mode == 1 ? 0 : CudaException.INVALID_VALUE;
  }

  static int cuStreamEndCapture(long stream, long graph) {
    GRAPH_CALLS.add("cuStreamEndCapture");
    long captured = DRIVER.endCapture(stream);
    GRAPHS.put(GRAPH + captured, captured);
    return put(graph, GRAPH + captured);
  }

  static int cuGraphInstantiateWithFlags(long executable, long graph, long flags) {
    GRAPH_CALLS.add("cuGraphInstantiate");
    Long captured = GRAPHS.get(graph);
    return captured == null ? CudaException.INVALID_VALUE : put(executable, captured);
  }

  static int cuGraphDestroy(long graph) {
    GRAPH_CALLS.add("cuGraphDestroy");
    return GRAPHS.remove(graph) == null ? CudaException.INVALID_VALUE : 0;
  }

  static int cuGraphLaunch(long graph, long stream) {
    GRAPH_CALLS.add("cuGraphLaunch");
    DRIVER.launchGraph(graph, stream);
    return 0;
  }

  static int cuGraphExecDestroy(long graph) {
    GRAPH_CALLS.add("cuGraphExecDestroy");
    DRIVER.destroyGraph(graph);
    return 0;
  }
}
