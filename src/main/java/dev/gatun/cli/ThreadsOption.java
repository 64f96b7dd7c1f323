package dev.gatun.cli;

import dev.gatun.cpu.Parallel;
import picocli.CommandLine.Option;

/** The option {@code --threads} of the verbs that compute. */
final class ThreadsOption {
  @Option(names = "--threads", description = "Threads (default: all cores).")
  private int threads;

  /** Computes with so many threads from now on. */
  void use() {
    if (threads > 0) {
      Parallel.setThreads(threads);
    }
  }
}
