package dev.gatun.core;

import org.jspecify.annotations.Nullable;

/**
 * A device failed in the middle of its work and cannot be used any more; the message names it, says
 * what the driver reported, and from where the work can go on. Exit code 7.
 */
public final class DeviceException extends UserException {
  private static final long serialVersionUID = 1L;

  public DeviceException(String message) {
    this(message, null);
  }

  public DeviceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
