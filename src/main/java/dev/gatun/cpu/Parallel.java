package dev.gatun.cpu;

import java.util.concurrent.locks.ReentrantLock;

/**
 * One fixed pool of platform threads for the whole process. Work is a range; the calling thread
 * takes part in it and returns when all of it is done.
 *
 * <p>Each thread begins with its own contiguous share of the range and then helps the others. Which
 * thread does which part is therefore not fixed, so a task must compute the same bits wherever its
 * parts are cut. A call from inside a task, or while another thread occupies the pool, runs on the
 * calling thread alone: nesting is safe and never waits for itself.
 *
 * <p>If a part throws, parts not yet begun are skipped, the call waits for those that run, and the
 * first exception reaches the caller, with later ones suppressed in it.
 */
public final class Parallel {
  /** Several parts per thread, so that a thread that is held up does not hold up the range. */
  private static final int PARTS_PER_THREAD = 4;

  private static final ReentrantLock DISPATCH = new ReentrantLock();
  private static volatile Pool pool = new Pool(Runtime.getRuntime().availableProcessors());

  private Parallel() {}

  /** The number of threads that work on a range, the caller included. */
  public static int threads() {
    return pool.threads();
  }

  /**
   * Sets the number of threads, the caller included; at the start it is that of the available
   * cores. Waits for running work.
   *
   * @throws IllegalStateException from inside a task
   */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
    if (inTask()) {
      throw new IllegalStateException("the number of threads cannot change inside a task");
    }
    DISPATCH.lock();
    try {
      pool.stop();
      pool = new Pool(threads);
    } finally {
      DISPATCH.unlock();
    }
  }

  /**
   * Runs {@code task} on disjoint parts that cover {@code from <= i < to}.
   *
   * @param grain the least number of indices worth handing to a thread: all parts but the last are
   *     at least this long
   */
  public static void range(int from, int to, int grain, RangeTask task) {
    if (grain < 1) {
      throw new IllegalArgumentException("grain must be at least 1, not " + grain);
    }
    if (from >= to) {
      return;
    }
    int count = Math.subtractExact(to, from);
    int part = Math.max(grain, Math.ceilDiv(count, PARTS_PER_THREAD * threads()));
    if (part >= count || !dispatch(from, to, part, task)) {
      task.run(from, to);
    }
  }

  /** Runs {@code task} once for each index {@code 0 <= i < tasks}; each is claimed by itself. */
  public static void run(int tasks, IndexTask task) {
    RangeTask each =
        (from, to) -> {
          for (int i = from; i < to; i++) {
            task.run(i);
          }
        };
    if (tasks > 0 && (tasks == 1 || !dispatch(0, tasks, 1, each))) {
      each.run(0, tasks);
    }
  }

  /** Whether the pool took the work; if not, the caller does it alone. */
  private static boolean dispatch(int from, int to, int part, RangeTask task) {
    if (inTask() || threads() == 1 || !DISPATCH.tryLock()) {
      return false;
    }
    try {
      pool.run(new Job(from, to, part, threads(), task));
    } finally {
      DISPATCH.unlock();
    }
    return true;
  }

  private static boolean inTask() {
    return DISPATCH.isHeldByCurrentThread() || Thread.currentThread() instanceof Worker;
  }
}
