package dev.gatun.cli;

import java.util.concurrent.CountDownLatch;

/**
 * SIGTERM and Ctrl-C as a request: the run finishes its step, saves and returns, and the process
 * ends with {@link ExitCode#STOPPED}. A second signal ends it at once.
 *
 * <p>The JVM answers both signals by running its shutdown hooks. The hook raises a flag and waits
 * for the verb; a normal exit, which runs the hooks too, has closed it before.
 */
final class StopSignal implements AutoCloseable {
  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "gatun-stop");
  private volatile boolean requested;
  private volatile int exitCode = ExitCode.STOPPED.code();

  StopSignal() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Whether a signal came. */
  boolean isRequested() {
    return requested;
  }

  /** Ends a process that was asked to stop with another code than {@link ExitCode#STOPPED}. */
  void exitWith(ExitCode code) {
    exitCode = code.code();
  }

  /** The verb has returned or failed. */
  @Override
  public void close() {
    finished.countDown();
    if (!requested) {
      removeHook();
    }
  }

  private void removeHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // A signal came this very moment: the hook runs, finds the latch open and ends the process.
      exitCode = ExitCode.STOPPED.code();
    }
  }

  private void stop() {
    requested = true;
    try {
      finished.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    // Not exit: that would wait for this hook.
    Runtime.getRuntime().halt(exitCode);
  }
}
