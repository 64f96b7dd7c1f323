package dev.gatun.cuda;

import dev.gatun.device.Command;
import dev.gatun.device.Command.Gemm;
import java.util.List;

/** Who computes matrix products on a device. */
public interface Products extends AutoCloseable {
  /** For {@code doctor}: who, and why no other. */
  String description();

  /** The product as launches, or none: then {@link #run} has submitted it to the stream itself. */
  List<Command> run(Gemm gemm, long stream);

  @Override
  void close();
}
