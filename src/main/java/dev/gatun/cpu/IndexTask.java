package dev.gatun.cpu;

/** One of several independent pieces of work, see {@link Parallel#run}. */
@FunctionalInterface
public interface IndexTask {
  /** Does piece {@code index}. Other pieces may run at the same time. */
  void run(int index);
}
