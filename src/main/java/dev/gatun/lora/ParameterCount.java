package dev.gatun.lora;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/** How many parameters there are and how many of them are trained. */
public record ParameterCount(long trainable, long all) {
  /**
   * As PEFT prints it: {@code trainable params: 3,632 || all params: 25,011 || trainable%:
   * 14.5216}. The share is rounded as Python rounds it, from the exact value, halves to even.
   */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "trainable params: %,d || all params: %,d || trainable%%: %s",
        trainable,
        all,
        new BigDecimal(100.0 * trainable / all).setScale(4, RoundingMode.HALF_EVEN));
  }
}
