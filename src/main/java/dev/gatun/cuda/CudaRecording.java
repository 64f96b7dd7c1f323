package dev.gatun.cuda;

import dev.gatun.device.Recording;
import java.util.Optional;

/**
 * Work of a queue as a CUDA graph: the driver has it as a whole, and a launch of the whole costs
 * about what the launch of one kernel costs.
 */
final class CudaRecording implements Recording {
  private final CudaDriver driver;
  private final DeviceGuard guard;
  private final CudaQueue queue;
  private final long graph;
  private final long scratch;

  private CudaRecording(CudaDriver driver, DeviceGuard guard, CudaQueue queue, long graph) {
    this.driver = driver;
    this.guard = guard;
    this.queue = queue;
    this.graph = graph;
    this.scratch = queue.scratchAddress();
  }

  /** Captures what some work submits; nothing if driver or work do not allow it. */
  static Optional<Recording> of(
      CudaDriver driver, DeviceGuard guard, CudaQueue queue, Runnable work) {
    long stream = queue.stream();
    try {
      guard.run(() -> driver.beginCapture(stream));
      capture(driver, guard, stream, work);
      long graph = guard.call(() -> driver.endCapture(stream));
      return Optional.of(new CudaRecording(driver, guard, queue, graph));
    } catch (CudaException e) {
      if (e.isOfCapture()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static void capture(CudaDriver driver, DeviceGuard guard, long stream, Runnable work) {
    boolean done = false;
    try {
      work.run();
      done = true;
    } finally {
      if (!done) {
        guard.release(() -> giveUp(driver, stream));
      }
    }
  }

  /** Ends a capture of which nothing can become. */
  private static void giveUp(CudaDriver driver, long stream) {
    long graph;
    try {
      graph = driver.endCapture(stream);
    } catch (CudaException e) {
      if (e.isOfCapture()) {
        return; // it is invalid, as it has to be
      }
      throw e;
    }
    driver.destroyGraph(graph);
  }

  @Override
  public boolean isCurrent() {
    return scratch == queue.scratchAddress();
  }

  @Override
  public void replay() {
    guard.run(() -> driver.launchGraph(graph, queue.stream()));
  }

  @Override
  public void close() {
    guard.release(() -> driver.destroyGraph(graph));
  }
}
