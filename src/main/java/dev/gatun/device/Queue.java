package dev.gatun.device;

/** Executes commands in the order in which they were submitted. */
public interface Queue {
  /** Hands over a command; it may run later. */
  void submit(Command command);

  /** Returns when everything submitted has run, or throws what went wrong. */
  void synchronize();
}
