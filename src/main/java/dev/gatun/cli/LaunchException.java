package dev.gatun.cli;

/** Gatun cannot be started on this machine; the message is a sentence for the user. */
final class LaunchException extends Exception {
  private static final long serialVersionUID = 1L;

  LaunchException(String message) {
    super(message);
  }
}
