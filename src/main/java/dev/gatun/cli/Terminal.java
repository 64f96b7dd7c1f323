package dev.gatun.cli;

import java.io.Console;

/** Whether somebody sits at the other end of the standard streams. */
final class Terminal {
  private Terminal() {}

  /** Java 25 is back to null where the streams are no terminal, as before Java 22. */
  @SuppressWarnings("SystemConsoleNull")
  static boolean isInteractive() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
