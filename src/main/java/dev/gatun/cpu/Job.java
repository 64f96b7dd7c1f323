package dev.gatun.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A range whose parts are claimed by the threads that work on it. */
final class Job {
  private final int from;
  private final int to;
  private final int part;
  private final RangeTask task;
  private final Thread caller = Thread.currentThread();

  /** The first index not claimed; a long, so that claims beyond the end cannot overflow. */
  private final AtomicLong next;

  private final AtomicInteger unfinished;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  Job(int from, int to, int part, RangeTask task) {
    this.from = from;
    this.to = to;
    this.part = part;
    this.task = task;
    this.next = new AtomicLong(from);
    this.unfinished = new AtomicInteger(parts());
  }

  int parts() {
    return Math.ceilDiv(to - from, part);
  }

  /** Claims and runs parts until none is left. */
  void takePart() {
    for (long start = claim(); start < to; start = claim()) {
      if (failure.get() == null) {
        runPart((int) start, (int) Math.min(to, start + part));
      }
      if (unfinished.decrementAndGet() == 0 && Thread.currentThread() != caller) {
        LockSupport.unpark(caller);
      }
    }
  }

  /** Waits for the parts that other threads have claimed, and throws what a part threw. */
  void await(int spins) {
    for (int i = 0; i < spins && unfinished.get() > 0; i++) {
      Thread.onSpinWait();
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

  private long claim() {
    return next.getAndAdd(part);
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
