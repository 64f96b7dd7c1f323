package dev.gatun.core;

/** Shapes that do not fit together; the message names the operation, the rule and every shape. */
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public ShapeException(String message) {
    super(message);
  }
}
