package dev.gatun.cuda;

import dev.gatun.device.Command.Dim3;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The CUDA driver, as far as Gatun uses it.
 *
 * <p>Handles (contexts, modules, functions, streams, events, graphs) and addresses of device memory
 * are opaque numbers, never 0 for something that exists; 0 as a stream is the default stream. Names
 * and meaning are those of the driver API: {@link #allocate} is {@code cuMemAlloc}. Every call may
 * throw a {@link CudaException}, and work that runs asynchronously may report its failure in any
 * later call.
 *
 * <p>Calls come from one thread at a time. Work in one stream runs in order; streams wait for each
 * other where an event says so. That holds for the default stream too: those that are made here do
 * not block with it.
 */
public interface CudaDriver {
  /** {@code cuDriverGetVersion}: 12060 is CUDA 12.6. */
  int driverVersion();

  /** {@code cuDeviceGetCount}. */
  int deviceCount();

  /** {@code cuDeviceGetName}. */
  String deviceName(int ordinal);

  /** {@code cuDeviceTotalMem}: bytes. */
  long totalMemory(int ordinal);

  /** {@code cuDeviceGetAttribute}. */
  int deviceAttribute(int ordinal, DeviceAttribute attribute);

  /** {@code cuDevicePrimaryCtxRetain}, which is also made current. */
  long retainPrimaryContext(int ordinal);

  /** {@code cuDevicePrimaryCtxRelease}. */
  void releasePrimaryContext(int ordinal);

  /** {@code cuCtxSetCurrent}, for the calling thread. */
  void setCurrent(long context);

  /** {@code cuCtxSynchronize}: returns when everything submitted has run. */
  void synchronizeContext();

  /**
   * {@code cuModuleLoadData}: compiles PTX.
   *
   * @param ptx the text
   * @param origin what messages call it, for example {@code rms_norm.sm75.ptx}
   */
  long loadModule(String ptx, String origin);

  /** {@code cuModuleUnload}. */
  void unloadModule(long module);

  /** {@code cuModuleGetFunction}: {@link CudaException#NOT_FOUND} if there is no such entry. */
  long function(long module, String entry);

  /** {@code cuFuncGetAttribute}. */
  int functionAttribute(long function, FunctionAttribute attribute);

  /** {@code cuFuncSetAttribute}. */
  void setFunctionAttribute(long function, FunctionAttribute attribute, int value);

  /** {@code cuMemAlloc}: at least 256-byte aligned, contents unspecified. */
  long allocate(long bytes);

  /** {@code cuMemFree}: waits for all work. */
  void free(long address);

  /** {@code cuMemGetInfo}: bytes that are free. */
  long freeMemory();

  /** {@code cuMemAllocHost}: pinned host memory, for asynchronous copies. */
  MemorySegment allocateHost(long bytes);

  /** {@code cuMemFreeHost}. */
  void freeHost(MemorySegment memory);

  /** {@code cuMemcpyHtoD}: all bytes of a host segment; the segment may be reused on return. */
  void copyToDevice(long target, MemorySegment source);

  /** {@code cuMemcpyDtoH}: fills a host segment, after earlier work in the default stream. */
  void copyToHost(MemorySegment target, long source);

  /** {@code cuMemcpyDtoD}: ordered like work in the default stream. */
  void copyOnDevice(long target, long source, long bytes);

  /** {@code cuMemcpyHtoDAsync}: the segment is pinned and stays unchanged until it is done. */
  void copyToDeviceAsync(long target, MemorySegment source, long stream);

  /** {@code cuMemcpyDtoHAsync}: the segment is pinned and is not read until it is done. */
  void copyToHostAsync(MemorySegment target, long source, long stream);

  /** {@code cuMemcpyDtoDAsync}. */
  void copyOnDeviceAsync(long target, long source, long bytes, long stream);

  /** {@code cuMemsetD8Async}. */
  void fillBytesAsync(long target, byte value, long bytes, long stream);

  /** {@code cuMemsetD32Async}: a number of 32-bit words. */
  void fillWordsAsync(long target, int word, long words, long stream);

  /** {@code cuStreamCreate} with {@code CU_STREAM_NON_BLOCKING}. */
  long createStream();

  /** {@code cuStreamDestroy}. */
  void destroyStream(long stream);

  /** {@code cuStreamSynchronize}. */
  void synchronizeStream(long stream);

  /** {@code cuStreamQuery}: whether everything in it has run. */
  boolean isStreamIdle(long stream);

  /** {@code cuStreamWaitEvent}: later work in the stream waits for the event. */
  void waitEvent(long stream, long event);

  /** {@code cuEventCreate}. */
  long createEvent();

  /** {@code cuEventDestroy}. */
  void destroyEvent(long event);

  /** {@code cuEventRecord}. */
  void recordEvent(long event, long stream);

  /** {@code cuEventSynchronize}. */
  void synchronizeEvent(long event);

  /** {@code cuEventElapsedTime}: milliseconds between two recorded events that are done. */
  float elapsedMillis(long start, long end);

  /**
   * {@code cuLaunchKernel}.
   *
   * @param arguments for each parameter of the entry, in order, a host segment with its value in
   *     native byte order and of exactly its size; read before the call returns
   */
  void launch(
      long function,
      Dim3 grid,
      Dim3 block,
      int sharedBytes,
      long stream,
      List<MemorySegment> arguments);

  /**
   * {@code cuStreamBeginCapture} in thread-local mode: work in the stream is recorded instead of
   * run. Calls that wait, allocate, free or load modules are not allowed meanwhile; one that comes
   * all the same fails, and so does {@link #endCapture}.
   */
  void beginCapture(long stream);

  /** {@code cuStreamEndCapture} and {@code cuGraphInstantiate}: an executable graph. */
  long endCapture(long stream);

  /** {@code cuGraphLaunch}: the recorded work once more, with the arguments that it had. */
  void launchGraph(long graph, long stream);

  /** {@code cuGraphExecDestroy}. */
  void destroyGraph(long graph);
}
