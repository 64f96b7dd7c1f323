package dev.gatun.train;

import dev.gatun.hub.JsonFields;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/** The object {@code tokenizer} of a run configuration: a tokenizer to load, or one to train. */
public sealed interface TokenizerConfig {
  /**
   * {@code {"path": DIR}}: a folder or file with {@code tokenizer.json}; by default that of the
   * model that the run starts from.
   *
   * @param additionalSpecialTokens {@code additional_special_tokens}, which get the next ids
   * @param eosToken {@code eos_token}: what ends a text from now on
   * @param padToken {@code pad_token}: what fills short rows from now on
   */
  record Load(
      Path path,
      List<String> additionalSpecialTokens,
      Optional<String> eosToken,
      Optional<String> padToken)
      implements TokenizerConfig {}

  /**
   * {@code {"type": ..., "vocab_size": ...}}: trained on the training text.
   *
   * @param vocabSize the number of ids; without meaning for characters
   * @param specialTokens {@code special_tokens}; the first one ends a text
   * @param continuingSubwordPrefix {@code continuing_subword_prefix} of {@code bpe}, by default
   *     {@code ##}
   */
  record Train(
      Type type,
      int vocabSize,
      int minFrequency,
      List<String> specialTokens,
      String continuingSubwordPrefix)
      implements TokenizerConfig {
    /** With the usual prefix. */
    Train(Type type, int vocabSize, int minFrequency, List<String> specialTokens) {
      this(type, vocabSize, minFrequency, specialTokens, "##");
    }
  }

  /** What a trained tokenizer is made of. */
  enum Type {
    /** Byte-level BPE as GPT-2's; digits are tokens of their own. */
    BYTE_LEVEL_BPE,
    /** BPE within words and punctuation, as the recipe has it: what continues a word is marked. */
    BPE,
    /** Llama 2's: marks for spaces, bytes for characters outside of the vocabulary. */
    BYTE_FALLBACK_BPE,
    /** One id for each character of the training text. */
    CHARACTERS
  }

  /**
   * Reads the object.
   *
   * @param model where the run starts from
   */
  static TokenizerConfig read(JsonFields fields, ModelSource model) {
    if (fields.has("path")) {
      return load(Path.of(fields.text("path")), fields);
    }
    if (model instanceof ModelSource.Pretrained pretrained && !fields.has("type")) {
      return load(pretrained.path(), fields);
    }
    return train(fields);
  }

  /** Reads what a tokenizer to train is made of. */
  static Train train(JsonFields fields) {
    SequencedMap<String, Type> types = new LinkedHashMap<>();
    types.put("byte_level_bpe", Type.BYTE_LEVEL_BPE);
    types.put("bpe", Type.BPE);
    types.put("byte_fallback_bpe", Type.BYTE_FALLBACK_BPE);
    types.put("characters", Type.CHARACTERS);
    Type type = fields.choice("type", types, "byte_level_bpe");
    List<String> special =
        fields.contains("special_tokens")
            ? fields.texts("special_tokens")
            : List.of("<|endoftext|>");
    return new Train(
        type,
        fields.positive("vocab_size", 32_000),
        fields.integer("min_frequency", 0),
        special,
        fields.text("continuing_subword_prefix", "##"));
  }

  private static Load load(Path path, JsonFields fields) {
    return new Load(
        path,
        fields.texts("additional_special_tokens"),
        fields.optionalText("eos_token"),
        fields.optionalText("pad_token"));
  }
}
