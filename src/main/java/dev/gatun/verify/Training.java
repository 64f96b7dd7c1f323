package dev.gatun.verify;

import dev.gatun.lora.LoraConfig;
import dev.gatun.model.WeightStorage;

/** What of a model is trained, and in which numbers. */
sealed interface Training {
  /** All of it, in F32. */
  record Whole() implements Training {}

  /** All of it, F32 weights and products in bf16: {@code bf16: true}. */
  record Bf16() implements Training {}

  /**
   * An adapter on weights that are frozen.
   *
   * @param base what these are stored as
   */
  record Adapter(LoraConfig config, WeightStorage base) implements Training {}

  /** Whether only the host has the operations. */
  default boolean isHostOnly() {
    return this instanceof Adapter(LoraConfig _, WeightStorage base) && !base.isF32();
  }

  /**
   * Whether a level has a meaning. Texts are generated from the F32 weights that {@code bf16: true}
   * trains; the reference, which unpacks stored weights first, has other operations than what
   * unpacks them on the way.
   */
  default boolean has(Level level) {
    return switch (this) {
      case Whole _ -> true;
      case Bf16 _ -> level != Level.GENERATION;
      case Adapter _ -> !isHostOnly() || (level != Level.FREE && level != Level.INJECTED);
    };
  }
}
