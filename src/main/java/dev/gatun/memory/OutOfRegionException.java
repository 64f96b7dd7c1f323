package dev.gatun.memory;

/** A region that may not grow any more was asked for more than it holds. */
public final class OutOfRegionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutOfRegionException(String message) {
    super(message);
  }
}
