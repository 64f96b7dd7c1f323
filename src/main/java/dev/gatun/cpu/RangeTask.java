package dev.gatun.cpu;

/** Work on a part of a range, see {@link Parallel#range}. */
@FunctionalInterface
public interface RangeTask {
  /** Does the work of {@code from <= i < to}. Other parts may run at the same time. */
  void run(int from, int to);
}
