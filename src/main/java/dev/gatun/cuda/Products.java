package dev.gatun.cuda;

import dev.gatun.device.Command.Gemm;

/** Who computes matrix products on a device. */
public interface Products extends AutoCloseable {
  /** For {@code doctor}: who, and why no other. */
  String description();

  /** Products run in this stream of the driver from now on. */
  void setStream(long stream);

  /**
   * Computes a product in the stream.
   *
   * @param bf16 whether its factors are rounded to bf16
   * @param queue for commands that are part of it; they run in the same stream
   */
  void run(Gemm gemm, boolean bf16, ProductQueue queue);

  @Override
  void close();
}
