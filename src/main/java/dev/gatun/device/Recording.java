package dev.gatun.device;

/** Work of a queue that has been recorded and can be submitted again as a whole. */
public interface Recording extends AutoCloseable {
  /** Whether all memory that it names is still what it was. */
  boolean isCurrent();

  /** Submits it once more: the same commands, on what the memory holds then. */
  void replay();

  @Override
  void close();
}
