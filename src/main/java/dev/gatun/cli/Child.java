package dev.gatun.cli;

import java.io.IOException;
import java.util.List;

/** Gatun in a second process, on the streams of this one, which waits and does nothing else. */
final class Child {
  private Child() {}

  /**
   * Runs the command and ends this process with its exit code. A signal that ends this process is
   * passed to the child first, which may take its time to save.
   */
  static void run(List<String> command) throws IOException, InterruptedException, LaunchException {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    if (System.getProperty("sun.jnu.encoding").equals("ANSI_X3.4-1968")) {
      if (command.toString().indexOf('\uFFFD') >= 0) {
        throw new LaunchException(
            "this locale cannot express the arguments: set LC_ALL=C.UTF-8, or run with Java "
                + JavaHome.REQUIRED);
      }
      builder.environment().put("LC_ALL", "C.UTF-8");
    }
    Process child = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(child), "stop child"));
    halt(child);
  }

  private static void stop(Process child) {
    child.destroy(); // SIGTERM, where there are signals
    halt(child);
  }

  /** Ends this process as the child ends; an exit would wait for the hook, which waits too. */
  private static void halt(Process child) {
    try {
      Runtime.getRuntime().halt(child.waitFor());
    } catch (InterruptedException e) {
      throw new AssertionError("nothing interrupts the launcher", e);
    }
  }
}
