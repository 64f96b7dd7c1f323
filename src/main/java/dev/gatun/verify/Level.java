package dev.gatun.verify;

import java.util.Locale;

/** What {@code gatun verify} compares, from the single operation to a saved model. */
public enum Level {
  FORWARD("each operation, on ragged and empty shapes, between guards, twice"),
  BACKWARD("the gradient of each operation that has one"),
  FUSED("fused operations against their composition"),
  VALUES("NaN, infinities, signed zeros, denormals and huge values in each operation");

  private final String meaning;

  Level(String meaning) {
    this.meaning = meaning;
  }

  /** In a few words. */
  public String meaning() {
    return meaning;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
