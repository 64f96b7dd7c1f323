package dev.gatun.token;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One step of pre-tokenization: it either cuts a stretch of text or rewrites it. */
sealed interface Stage permits Splitter, Rewriter {
  /** GPT-2's words: contractions, letters, numbers and others with a space before, white space. */
  Splitter GPT2_WORDS =
      new Splitter(
          Segmenter.of(
              new TextPattern.Regex(
                  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
                      + "|\\s+(?!\\S)|\\s+")),
          false,
          SplitBehavior.ISOLATED);

  /** The reference finds these with another library, whose word characters are the JDK's. */
  Splitter WORD_RUNS =
      new Splitter(
          new Segmenter.OfRegex(
              Pattern.compile("\\w+|[^\\w\\s]+", Pattern.UNICODE_CHARACTER_CLASS)),
          true,
          SplitBehavior.REMOVED);

  /** The steps that a pre-tokenizer consists of. */
  static List<Stage> of(PreTokenizer preTokenizer) {
    return switch (preTokenizer) {
      case PreTokenizer.WhitespaceSplit() ->
          List.of(ofClass(CodePoints::isWhiteSpace, SplitBehavior.REMOVED));
      case PreTokenizer.Whitespace() -> List.of(WORD_RUNS);
      case PreTokenizer.Punctuation(SplitBehavior behavior) ->
          List.of(ofClass(CodePoints::isPunctuation, behavior));
      case PreTokenizer.Digits(boolean individual) ->
          List.of(
              ofClass(
                  CodePoints::isNumeric,
                  individual ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS));
      case PreTokenizer.Split(TextPattern pattern, SplitBehavior behavior, boolean invert) ->
          List.of(new Splitter(Segmenter.of(pattern), invert, behavior));
      case PreTokenizer.ByteLevel byteLevel -> ofByteLevel(byteLevel);
      case PreTokenizer.Metaspace metaspace -> ofMetaspace(metaspace);
      case PreTokenizer.Sequence(List<PreTokenizer> parts) ->
          parts.stream().flatMap(part -> of(part).stream()).toList();
    };
  }

  private static List<Stage> ofByteLevel(PreTokenizer.ByteLevel byteLevel) {
    Stage mapping = new Rewriter.ByteMapping();
    List<Stage> stages = byteLevel.useRegex() ? List.of(GPT2_WORDS, mapping) : List.of(mapping);
    return byteLevel.addPrefixSpace() ? prefixed(new Rewriter.SpacePrefix(), stages) : stages;
  }

  private static List<Stage> ofMetaspace(PreTokenizer.Metaspace metaspace) {
    int mark = metaspace.replacement();
    Stage marks = new Rewriter.SpaceMarks(mark, metaspace.prependScheme());
    return metaspace.split()
        ? List.of(marks, ofClass(c -> c == mark, SplitBehavior.MERGED_WITH_NEXT))
        : List.of(marks);
  }

  private static List<Stage> prefixed(Stage first, List<Stage> rest) {
    return Stream.concat(Stream.of(first), rest.stream()).toList();
  }

  private static Splitter ofClass(IntPredicate codePoints, SplitBehavior behavior) {
    return new Splitter(new Segmenter.OfClass(codePoints), false, behavior);
  }
}
