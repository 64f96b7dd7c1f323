package dev.gatun.core;

import org.jspecify.annotations.Nullable;

/** A loss or a gradient became infinite or NaN; the message names step and value. Exit code 5. */
public final class NotFiniteException extends UserException {
  private static final long serialVersionUID = 1L;

  public NotFiniteException(String message) {
    this(message, null);
  }

  public NotFiniteException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
