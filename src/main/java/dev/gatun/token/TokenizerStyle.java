package dev.gatun.token;

import dev.gatun.token.PreTokenizer.PrependScheme;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything about a tokenizer that is chosen before training.
 *
 * @param alphabet code points that are in the vocabulary whether they occur or not
 */
public record TokenizerStyle(
    @Nullable Normalizer normalizer,
    @Nullable PreTokenizer preTokenizer,
    @Nullable Decoder decoder,
    Bpe.Options options,
    List<Integer> alphabet) {
  private static final int META_SPACE = 0x2581;

  public TokenizerStyle {
    alphabet = List.copyOf(alphabet);
  }

  /** Words with {@code ##} before what continues one. */
  public static TokenizerStyle wordPieces() {
    return wordPieces("##");
  }

  /**
   * Words cut at white space and punctuation, with a prefix before what continues a word: the style
   * of WordPiece, learned by merging. A character that the corpus lacks vanishes.
   */
  public static TokenizerStyle wordPieces(String prefix) {
    return new TokenizerStyle(
        null,
        new PreTokenizer.Sequence(
            List.of(
                new PreTokenizer.WhitespaceSplit(),
                new PreTokenizer.Punctuation(SplitBehavior.ISOLATED))),
        new Decoder.WordPiece(prefix, true),
        new Bpe.Options(null, prefix, null, false, false, false),
        List.of());
  }

  /**
   * GPT-2's style: any text comes back byte for byte.
   *
   * @param individualDigits whether every digit is a token of its own
   */
  public static TokenizerStyle byteLevel(boolean individualDigits) {
    PreTokenizer byteLevel = new PreTokenizer.ByteLevel(false, true, true);
    return new TokenizerStyle(
        null,
        individualDigits
            ? new PreTokenizer.Sequence(List.of(new PreTokenizer.Digits(true), byteLevel))
            : byteLevel,
        new Decoder.ByteLevel(true, true, true),
        Bpe.Options.PLAIN,
        Arrays.stream(ByteAlphabet.codePoints()).boxed().toList());
  }

  /**
   * Llama 2's style: spaces are marks that begin words, and a character outside the vocabulary
   * becomes its bytes.
   *
   * @param unkToken stands for what cannot be written even in bytes, which does not happen
   */
  public static TokenizerStyle byteFallback(String unkToken) {
    return new TokenizerStyle(
        null,
        new PreTokenizer.Metaspace(META_SPACE, PrependScheme.FIRST, true),
        new Decoder.Sequence(
            List.of(
                new Decoder.Replace(new TextPattern.Literal(Character.toString(META_SPACE)), " "),
                new Decoder.ByteFallback(),
                new Decoder.Fuse(),
                new Decoder.Strip(' ', 1, 0))),
        new Bpe.Options(unkToken, null, null, true, true, false),
        List.of());
  }

  /** A trainer of this style, with its alphabet and options set. */
  public BpeTrainer.Builder trainer() {
    return BpeTrainer.builder()
        .options(options)
        .initialAlphabet(alphabet.stream().mapToInt(Integer::intValue).toArray());
  }

  /** An empty count of words as this style cuts them. */
  public WordCounts counts() {
    return new WordCounts(normalizer, preTokenizer);
  }

  /** The tokenizer around a trained model, with its special tokens. */
  public Tokenizer tokenizer(Bpe model, List<String> specialTokens) {
    Tokenizer.Builder builder =
        Tokenizer.builder(model).normalizer(normalizer).preTokenizer(preTokenizer).decoder(decoder);
    specialTokens.forEach(token -> builder.add(AddedToken.special(token)));
    return builder.build();
  }

  /**
   * Learns a tokenizer from texts.
   *
   * @param vocabSize the size to reach; smaller where the texts have too few pairs
   * @param minFrequency how often a pair must occur to become a token
   * @param specialTokens get the first ids
   * @param progress told the size of the vocabulary as it grows
   */
  public Tokenizer train(
      Iterable<String> texts,
      int vocabSize,
      long minFrequency,
      List<String> specialTokens,
      IntConsumer progress) {
    WordCounts counts = counts();
    texts.forEach(counts::add);
    BpeTrainer trainer =
        trainer()
            .vocabSize(vocabSize)
            .minFrequency(minFrequency)
            .specialTokens(specialTokens)
            .build();
    return tokenizer(trainer.train(counts, progress), specialTokens);
  }
}
