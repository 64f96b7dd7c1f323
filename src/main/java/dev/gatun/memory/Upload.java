package dev.gatun.memory;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Brings data from the host to where it is computed with, beside the work that goes on there: the
 * inputs of the next step travel while the present one is computed.
 */
public interface Upload extends AutoCloseable {
  /**
   * Sends bytes on their way. What was sent before and not delivered is forgotten.
   *
   * @param writer puts them into memory of the host, before this call returns
   */
  void send(long bytes, Consumer<MemorySegment> writer);

  /** Work that is submitted from now on finds in the target what was sent. */
  void deliver(Buffer target);

  @Override
  void close();
}
