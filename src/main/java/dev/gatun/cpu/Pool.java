package dev.gatun.cpu;

import org.jspecify.annotations.Nullable;

/** The threads that help a caller with its job; one job at a time. */
final class Pool {
  /**
   * How long an idle thread looks for the next job before it parks, some 400 µs: operations of one
   * training step follow each other closer than that, and waking a parked thread costs more than
   * many of them.
   */
  private static final int SPINS = 20_000;

  /** Turns of a waiting loop, some 20 ns each, from one offer of the core to the next. */
  private static final int YIELD_EVERY = 64;

  private final Worker[] workers;

  /** With more threads than cores, spinning takes time from a thread that has work. */
  private final int spins;

  private volatile @Nullable Job current;
  private volatile boolean stopped;

  Pool(int threads) {
    spins = threads <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1, this);
    }
    for (Worker worker : workers) {
      worker.start();
    }
  }

  int threads() {
    return workers.length + 1;
  }

  int spins() {
    return spins;
  }

  @Nullable Job current() {
    return current;
  }

  boolean stopped() {
    return stopped;
  }

  /**
   * One turn of a loop that waits. Now and then it offers the core to another thread: where other
   * programs keep cores busy, the thread that is waited for may stand in the queue of this one, and
   * would stand there until the time slice ends.
   *
   * @param turn how many turns the loop has waited
   */
  @SuppressWarnings("ThreadPriorityCheck") // only speed depends on whether the scheduler listens
  static void spin(int turn) {
    if (turn % YIELD_EVERY == YIELD_EVERY - 1) {
      Thread.yield();
    } else {
      Thread.onSpinWait();
    }
  }

  /** Runs a job on this thread and the workers; only one call at a time. */
  void run(Job job) {
    current = job;
    int helpers = Math.min(workers.length, job.parts() - 1);
    for (int i = 0; i < helpers; i++) {
      workers[i].wake();
    }
    try {
      job.takePart(0);
      job.await(spins);
    } finally {
      current = null; // what the task refers to must not outlive it
    }
  }

  void stop() {
    stopped = true;
    for (Worker worker : workers) {
      worker.wake();
    }
  }
}
