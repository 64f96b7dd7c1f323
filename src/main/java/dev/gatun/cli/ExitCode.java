package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.DeviceException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.core.NotFiniteException;
import dev.gatun.core.UserException;
import dev.gatun.core.VerificationException;
import dev.gatun.memory.OutOfRegionException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What the process tells its caller. Scripts rely on the numbers. */
enum ExitCode {
  OK(0, "done"),
  DEFECT(1, "a defect of Gatun"),
  USAGE(2, "wrong command line or configuration"),
  DATA(3, "a file is missing or breaks its format"),
  DOES_NOT_FIT(4, "does not fit in memory"),
  NOT_FINITE(5, "the loss or a gradient is not finite"),
  VERIFICATION(6, "a result is outside its tolerance"),
  DEVICE(7, "a device failed in its work"),
  STOPPED(75, "stopped by a signal, state saved");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  int code() {
    return code;
  }

  String meaning() {
    return meaning;
  }

  /** The code for a failure that reached the command line. */
  static ExitCode of(Throwable failure) {
    return switch (failure) {
      case UserException e -> of(e);
      case IOException _, UncheckedIOException _ -> DATA;
      case OutOfMemoryError _, OutOfRegionException _ -> DOES_NOT_FIT;
      default -> DEFECT;
    };
  }

  private static ExitCode of(UserException failure) {
    return switch (failure) {
      case ConfigurationException _ -> USAGE;
      case DataException _ -> DATA;
      case DeviceException _ -> DEVICE;
      case DoesNotFitException _ -> DOES_NOT_FIT;
      case NotFiniteException _ -> NOT_FINITE;
      case VerificationException _ -> VERIFICATION;
    };
  }
}
