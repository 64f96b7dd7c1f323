package dev.gatun.core;

import org.jspecify.annotations.Nullable;

/**
 * More memory is needed than there is; the message gives both numbers and the largest that fits.
 * Exit code 4.
 */
public final class DoesNotFitException extends UserException {
  private static final long serialVersionUID = 1L;

  public DoesNotFitException(String message) {
    this(message, null);
  }

  public DoesNotFitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
