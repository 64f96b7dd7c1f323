package dev.gatun.cpu;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A thread of the {@link Pool}: takes part in each job, spins for the next one, then parks. */
final class Worker extends Thread {
  private final int number;
  private final Pool pool;
  private volatile boolean parked;

  /**
   * @param number 1 for the first worker; the caller of a job is 0
   */
  Worker(int number, Pool pool) {
    super("gatun-worker-" + number);
    this.number = number;
    this.pool = pool;
    setDaemon(true);
  }

  /** Unparks this thread if it has parked; if it spins, it sees the change by itself. */
  void wake() {
    if (parked) {
      LockSupport.unpark(this);
    }
  }

  @Override
  public void run() {
    Job job = null;
    while (!pool.stopped()) {
      job = awaitOther(job);
      if (job != null) {
        job.takePart(number);
      }
    }
  }

  /** The current job once it is another one than {@code last}; null when the pool has stopped. */
  private @Nullable Job awaitOther(@Nullable Job last) {
    for (int i = 0; i < pool.spins(); i++) {
      if (hasOther(last)) {
        return pool.current();
      }
      Pool.spin(i);
    }
    // The flag is raised before the last look: a caller that publishes after it sees the flag.
    parked = true;
    try {
      while (!hasOther(last) && !pool.stopped()) {
        LockSupport.park(pool);
      }
    } finally {
      parked = false;
    }
    return pool.stopped() ? null : pool.current();
  }

  private boolean hasOther(@Nullable Job last) {
    Job current = pool.current();
    return current != null && current != last;
  }
}
