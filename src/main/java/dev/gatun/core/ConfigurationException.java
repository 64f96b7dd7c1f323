package dev.gatun.core;

import org.jspecify.annotations.Nullable;

/**
 * A configuration or a command line that cannot be honoured; the message names file and key. Exit
 * code 2.
 */
public final class ConfigurationException extends UserException {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    this(message, null);
  }

  public ConfigurationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
