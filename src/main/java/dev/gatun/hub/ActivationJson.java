package dev.gatun.hub;

import dev.gatun.nn.Activation;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** Activation functions by the names of transformers. */
final class ActivationJson {
  private static final SequencedMap<String, Activation> BY_KEY = new LinkedHashMap<>();

  static {
    for (Activation activation : Activation.values()) {
      BY_KEY.put(activation.key(), activation);
    }
  }

  private ActivationJson() {}

  static Activation read(JsonFields fields, String key, Activation absent) {
    return fields.choice(key, BY_KEY, absent.key());
  }
}
