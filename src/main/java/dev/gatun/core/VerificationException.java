package dev.gatun.core;

import org.jspecify.annotations.Nullable;

/**
 * A result is further from its reference than its tolerance; the message names the first. Exit code
 * 6.
 */
public final class VerificationException extends UserException {
  private static final long serialVersionUID = 1L;

  public VerificationException(String message) {
    this(message, null);
  }

  public VerificationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
