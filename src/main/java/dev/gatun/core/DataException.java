package dev.gatun.core;

import org.jspecify.annotations.Nullable;

/**
 * A file that breaks its format or lacks what was asked of it; the message names file and place.
 * Exit code 3.
 */
public final class DataException extends UserException {
  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    this(message, null);
  }

  public DataException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
