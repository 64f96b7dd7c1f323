package dev.gatun.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A range whose parts are claimed by the threads that work on it.
 *
 * <p>Each thread has a home, a contiguous share of the parts, and takes from the others' only when
 * its own is done. So it mostly meets the same rows in one operation after the other, while they
 * are still in its own cache.
 */
final class Job {
  /** Integers from one home's counter to the next, so that no two share a cache line. */
  private static final int LINE = 32;

  private final int from;
  private final int to;
  private final int part;
  private final RangeTask task;
  private final Thread caller = Thread.currentThread();

  private final int homes;

  /** For each home the first part that is not claimed; may pass its end once per thread. */
  private final AtomicIntegerArray next;

  private final AtomicInteger unfinished;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /**
   * @param part indices of each part but the last
   * @param threads that may take part
   */
  Job(int from, int to, int part, int threads, RangeTask task) {
    this.from = from;
    this.to = to;
    this.part = part;
    this.task = task;
    this.homes = Math.min(threads, parts());
    this.next = new AtomicIntegerArray((homes + 1) * LINE);
    for (int home = 0; home < homes; home++) {
      next.set(slot(home), firstPart(home));
    }
    this.unfinished = new AtomicInteger(parts());
  }

  int parts() {
    return Math.ceilDiv(to - from, part);
  }

  /**
   * Claims and runs parts until none is left.
   *
   * @param thread the number of the thread that calls, 0 for the caller of the job
   */
  void takePart(int thread) {
    for (int i = 0; i < homes; i++) {
      int home = (thread + i) % homes;
      int end = firstPart(home + 1);
      for (int p = claim(home); p < end; p = claim(home)) {
        if (failure.get() == null) {
          long start = from + (long) p * part;
          runPart((int) start, (int) Math.min(to, start + part));
        }
        if (unfinished.decrementAndGet() == 0 && Thread.currentThread() != caller) {
          LockSupport.unpark(caller);
        }
      }
    }
  }

  /** Waits for the parts that other threads have claimed, and throws what a part threw. */
  void await(int spins) {
    for (int i = 0; i < spins && unfinished.get() > 0; i++) {
      Pool.spin(i);
    }
    boolean interrupted = false;
    while (unfinished.get() > 0) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted(); // an interrupted thread would not park
    }
    if (interrupted) {
      caller.interrupt();
    }
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new AssertionError("a task throws nothing checked", e);
    }
  }

  private int claim(int home) {
    return next.getAndIncrement(slot(home));
  }

  private static int slot(int home) {
    return (home + 1) * LINE;
  }

  private int firstPart(int home) {
    return (int) ((long) parts() * home / homes);
  }

  private void runPart(int start, int end) {
    try {
      task.run(start, end);
    } catch (Throwable e) {
      Throwable first = failure.compareAndExchange(null, e);
      if (first != null && !first.equals(e)) { // a throwable cannot be suppressed in itself
        first.addSuppressed(e);
      }
    }
  }
}
