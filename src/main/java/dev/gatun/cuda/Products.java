package dev.gatun.cuda;

import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Queue;

/** Who computes matrix products on a device. */
public interface Products extends AutoCloseable {
  /** For {@code doctor}: who, and why no other. */
  String description();

  /** Products run in this stream of the driver from now on. */
  void setStream(long stream);

  /**
   * Computes a product in the stream.
   *
   * @param queue for commands that are part of it; they run in the same stream
   */
  void run(Gemm gemm, Queue queue);

  @Override
  void close();
}
