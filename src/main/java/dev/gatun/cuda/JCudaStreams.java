package dev.gatun.cuda;

import static dev.gatun.cuda.JCudaDriver.check;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamQuery;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import jcuda.driver.CUevent;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** What {@link JCudaDriver} knows of order: streams, their events, and graphs captured in them. */
final class JCudaStreams {
  private static final int NON_BLOCKING = 1;
  private static final int CAPTURE_THREAD_LOCAL = 1;

  private final Handles<Stream> streams = new Handles<>("stream");
  private final Handles<CUevent> events = new Handles<>("event");
  private final Handles<CUgraphExec> graphs = new Handles<>("graph");

  /** A stream whose address can be read. */
  private static final class Stream extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  /** The stream of a number; null, the default stream, for 0. */
  @Nullable CUstream orDefault(long stream) {
    return stream == 0 ? null : streams.get(stream);
  }

  CUstream get(long stream) {
    return streams.get(stream);
  }

  long address(long stream) {
    return streams.get(stream).address();
  }

  long create() {
    Stream stream = new Stream();
    check(cuStreamCreate(stream, NON_BLOCKING), "cuStreamCreate");
    return streams.add(stream);
  }

  void destroy(long stream) {
    check(cuStreamDestroy(streams.remove(stream)), "cuStreamDestroy");
  }

  void synchronize(long stream) {
    check(cuStreamSynchronize(orDefault(stream)), "cuStreamSynchronize");
  }

  boolean isIdle(long stream) {
    int result = cuStreamQuery(orDefault(stream));
    if (result == CudaException.NOT_READY) {
      return false;
    }
    check(result, "cuStreamQuery");
    return true;
  }

  void waitEvent(long stream, long event) {
    check(cuStreamWaitEvent(orDefault(stream), events.get(event), 0), "cuStreamWaitEvent");
  }

  long createEvent() {
    CUevent event = new CUevent();
    check(cuEventCreate(event, 0), "cuEventCreate");
    return events.add(event);
  }

  void destroyEvent(long event) {
    check(cuEventDestroy(events.remove(event)), "cuEventDestroy");
  }

  void recordEvent(long event, long stream) {
    check(cuEventRecord(events.get(event), orDefault(stream)), "cuEventRecord");
  }

  void synchronizeEvent(long event) {
    check(cuEventSynchronize(events.get(event)), "cuEventSynchronize");
  }

  float elapsedMillis(long start, long end) {
    float[] millis = {0};
    check(cuEventElapsedTime(millis, events.get(start), events.get(end)), "cuEventElapsedTime");
    return millis[0];
  }

  void beginCapture(long stream) {
    check(cuStreamBeginCapture(orDefault(stream), CAPTURE_THREAD_LOCAL), "cuStreamBeginCapture");
  }

  long endCapture(long stream) {
    CUgraph graph = new CUgraph();
    check(cuStreamEndCapture(orDefault(stream), graph), "cuStreamEndCapture");
    CUgraphExec executable = new CUgraphExec();
    int instantiated = cuGraphInstantiate(executable, graph, 0);
    check(cuGraphDestroy(graph), "cuGraphDestroy"); // the executable is a copy
    check(instantiated, "cuGraphInstantiate");
    return graphs.add(executable);
  }

  void launchGraph(long graph, long stream) {
    check(cuGraphLaunch(graphs.get(graph), orDefault(stream)), "cuGraphLaunch");
  }

  void destroyGraph(long graph) {
    check(cuGraphExecDestroy(graphs.remove(graph)), "cuGraphExecDestroy");
  }
}
