package dev.gatun.lora;

import java.util.Locale;

/** How many parameters there are and how many of them are trained. */
public record ParameterCount(long trainable, long all) {
  /**
   * As PEFT prints it: {@code trainable params: 3,632 || all params: 25,011 || trainable%:
   * 14.5216}.
   */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "trainable params: %,d || all params: %,d || trainable%%: %.4f",
        trainable,
        all,
        100.0 * trainable / all);
  }
}
