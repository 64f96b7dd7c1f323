package dev.gatun.core;

import org.jspecify.annotations.Nullable;

/**
 * A failure that the user of the command line can act on. Everything else that is thrown is a
 * defect of the program, and is reported as one.
 *
 * <p>The message is the whole report: the command line prints it without a stack trace. So it is
 * one sentence that says what was wrong, where (file, key or path, shapes), and what to do, for
 * example
 *
 * <pre>
 *   config.json: "hidden_size" is 100, which "num_attention_heads" = 12 does not divide;
 *   change one of the two
 * </pre>
 *
 * <p>Each subclass stands for one exit code of the process.
 */
public abstract sealed class UserException extends RuntimeException
    permits ConfigurationException,
        DataException,
        DeviceException,
        DoesNotFitException,
        NotFiniteException,
        VerificationException {
  private static final long serialVersionUID = 1L;

  UserException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
