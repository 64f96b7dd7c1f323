package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DataException;
import java.util.Objects;
import org.junit.jupiter.api.function.Executable;

/** Assertions about what a user is told. */
final class Failures {
  private Failures() {}

  /** Asserts that bad data is reported in one readable message with these parts. */
  static void assertRefused(Executable action, String... parts) {
    String message = Objects.requireNonNull(assertThrows(DataException.class, action).getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
    }
    assertTrue(message.length() < 1500, message);
    assertTrue(message.lines().count() < 30, message);
  }
}
