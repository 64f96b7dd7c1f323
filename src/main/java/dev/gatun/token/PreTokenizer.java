package dev.gatun.token;

import java.util.List;

/**
 * Cuts text into words, which the model then encodes one by one. Each record is an element of
 * {@code tokenizer.json} under {@code pre_tokenizer}, and does what the reference library's element
 * of that name does.
 */
public sealed interface PreTokenizer {
  /** When {@link Metaspace} puts a mark in front. */
  enum PrependScheme {
    /** Only where the piece begins the original text. */
    FIRST,
    NEVER,
    ALWAYS
  }

  /** Cuts at white space and drops it. */
  record WhitespaceSplit() implements PreTokenizer {}

  /** Keeps runs of word characters and runs of the others that are not white space. */
  record Whitespace() implements PreTokenizer {}

  /** Cuts at punctuation: general category P and the ASCII symbols. */
  record Punctuation(SplitBehavior behavior) implements PreTokenizer {}

  /** Cuts at numbers (general category N), each digit alone or each run of digits together. */
  record Digits(boolean individualDigits) implements PreTokenizer {}

  /**
   * Cuts at the matches of a pattern, or at what lies between them.
   *
   * @param invert whether what lies between the matches is the delimiter
   */
  record Split(TextPattern pattern, SplitBehavior behavior, boolean invert)
      implements PreTokenizer {}

  /**
   * GPT-2's words, written in the {@link ByteAlphabet}.
   *
   * @param addPrefixSpace whether a text gets a space before it, so that its first word is as any
   * @param trimOffsets kept for the file; only {@link PostProcessor.ByteLevel} heeds its own
   * @param useRegex whether to cut by GPT-2's pattern; without it the text is only rewritten
   */
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements PreTokenizer {}

  /**
   * SentencePiece's words: spaces become marks, and each mark begins a word.
   *
   * @param replacement the mark, one code point, usually U+2581
   * @param split whether to cut before each mark
   */
  record Metaspace(int replacement, PrependScheme prependScheme, boolean split)
      implements PreTokenizer {}

  /** Each cuts further what the one before it has cut. */
  record Sequence(List<PreTokenizer> preTokenizers) implements PreTokenizer {
    public Sequence {
      preTokenizers = List.copyOf(preTokenizers);
    }
  }
}
