package dev.gatun.data;

import org.jspecify.annotations.Nullable;

/**
 * Every token is a target: {@code DataCollatorForLanguageModeling(mlm=False)}.
 *
 * @param maskedId an id that is never a target, wherever it stands. Hugging Face masks the pad id
 *     in this way, so that with pad = eos no model learns to end; null masks none
 */
public record CausalCollator(@Nullable Integer maskedId) implements Collator {
  /** Every token is a target. */
  public CausalCollator() {
    this(null);
  }

  @Override
  public boolean label(int[] labels, int from, int to) {
    mask(labels, from, to, maskedId);
    return true;
  }

  static void mask(int[] labels, int from, int to, @Nullable Integer maskedId) {
    if (maskedId == null) {
      return;
    }
    for (int i = from; i < to; i++) {
      if (labels[i] == maskedId) {
        labels[i] = IGNORED;
      }
    }
  }
}
