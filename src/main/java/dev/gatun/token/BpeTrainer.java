package dev.gatun.token;

import it.unimi.dsi.fastutil.ints.Int2LongOpenHashMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Learns a byte pair encoding: as long as the vocabulary is too small, the most frequent pair of
 * neighbours in all words becomes a token.
 *
 * <p>Sennrich, Haddow, Birch: "Neural Machine Translation of Rare Words with Subword Units", ACL
 * 2016, algorithm 1, with the options of the reference library's {@code BpeTrainer}. The result
 * depends on the counts alone: of pairs with equal counts the one with the smaller ids wins, and
 * ids are given in this order:
 *
 * <pre>
 *   special tokens, as given
 *   the 256 byte tokens, if the model falls back on bytes
 *   the alphabet, by code point
 *   characters with prefix or suffix, by code point
 *   merged tokens, as they are learned
 * </pre>
 */
public final class BpeTrainer {
  private final int vocabSize;
  private final long minFrequency;
  private final List<String> specialTokens;
  private final OptionalInt limitAlphabet;
  private final int[] initialAlphabet;
  private final OptionalInt maxTokenLength;
  private final Bpe.Options options;

  private BpeTrainer(Builder builder) {
    vocabSize = builder.vocabSize;
    minFrequency = builder.minFrequency;
    specialTokens = List.copyOf(builder.specialTokens);
    limitAlphabet = builder.limitAlphabet;
    initialAlphabet = builder.initialAlphabet.clone();
    maxTokenLength = builder.maxTokenLength;
    options = builder.options;
    String unkToken = options.unkToken();
    if (unkToken != null && !specialTokens.contains(unkToken)) {
      throw new IllegalArgumentException(
          "unk_token \"" + unkToken + "\" must be one of the special tokens " + specialTokens);
    }
  }

  public static Builder builder() {
    return new Builder();
  }

  /** The model that these counts lead to. */
  public Bpe train(WordCounts counts) {
    return train(counts, size -> {});
  }

  /**
   * The model that these counts lead to.
   *
   * @param progress told the size of the vocabulary after each merge
   */
  public Bpe train(WordCounts counts, IntConsumer progress) {
    Map<String, Long> words = counts.pieces();
    GrowingVocabulary vocabulary = new GrowingVocabulary();
    specialTokens.forEach(vocabulary::idOf);
    if (options.byteFallback()) {
      for (int b = 0; b < 256; b++) {
        vocabulary.idOf(Bpe.byteToken(b));
      }
    }
    int[] alphabet = alphabet(words);
    for (int codePoint : alphabet) {
      vocabulary.idOf(Character.toString(codePoint));
    }
    addDecorated(words, alphabet, vocabulary);
    TrainingWords symbols = symbols(words, alphabet, vocabulary);
    List<Bpe.Merge> merges = learn(symbols, vocabulary, progress);
    return new Bpe(vocabulary.toVocabulary(), merges, options);
  }

  /** The characters that become tokens, by code point: the most frequent if there is a limit. */
  private int[] alphabet(Map<String, Long> words) {
    Int2LongOpenHashMap counts = new Int2LongOpenHashMap();
    words.forEach((word, times) -> word.codePoints().forEach(c -> counts.addTo(c, times)));
    for (int codePoint : initialAlphabet) {
      counts.put(codePoint, Long.MAX_VALUE);
    }
    List<Integer> kept = new ArrayList<>(counts.keySet());
    kept.sort(
        Comparator.comparingLong((Integer c) -> counts.get(c.intValue()))
            .reversed()
            .thenComparing(Comparator.naturalOrder()));
    return kept.stream()
        .limit(limitAlphabet.orElse(kept.size()))
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  /** The forms that characters take inside a word, where the model has a prefix or a suffix. */
  private void addDecorated(Map<String, Long> words, int[] alphabet, GrowingVocabulary vocabulary) {
    if (isEmpty(options.continuingSubwordPrefix()) && isEmpty(options.endOfWordSuffix())) {
      return;
    }
    record Form(int codePoint, boolean first, boolean last) {}
    TreeSet<Form> forms =
        new TreeSet<>(
            Comparator.comparingInt(Form::codePoint)
                .thenComparing(Form::first)
                .thenComparing(Form::last));
    for (String word : words.keySet()) {
      for (int i = 0; i < word.length(); ) {
        int codePoint = word.codePointAt(i);
        int next = i + Character.charCount(codePoint);
        if (Arrays.binarySearch(alphabet, codePoint) >= 0) {
          forms.add(new Form(codePoint, i == 0, next == word.length()));
        }
        i = next;
      }
    }
    forms.forEach(form -> vocabulary.idOf(options.decorate(form.codePoint, form.first, form.last)));
  }

  private TrainingWords symbols(
      Map<String, Long> words, int[] alphabet, GrowingVocabulary vocabulary) {
    TrainingWords symbols = new TrainingWords(words.size());
    CharacterIds ids = new CharacterIds(vocabulary.toVocabulary(), options);
    words.forEach(
        (word, times) -> {
          for (int i = 0; i < word.length(); ) {
            int codePoint = word.codePointAt(i);
            int next = i + Character.charCount(codePoint);
            if (Arrays.binarySearch(alphabet, codePoint) >= 0) {
              symbols.add(ids.id(codePoint, i == 0, next == word.length()));
            }
            i = next;
          }
          symbols.endWord(times);
        });
    return symbols;
  }

  private List<Bpe.Merge> learn(
      TrainingWords words, GrowingVocabulary vocabulary, IntConsumer progress) {
    List<Bpe.Merge> merges = new ArrayList<>();
    PairQueue queue = new PairQueue(words);
    while (vocabulary.size() < vocabSize) {
      PairQueue.Entry top = queue.next();
      if (top == null || top.count() < Math.max(1, minFrequency)) {
        break;
      }
      String left = vocabulary.token(top.left());
      String right = vocabulary.token(top.right());
      int merged = vocabulary.idOf(left + options.withoutPrefix(right));
      vocabulary.setLength(merged, vocabulary.length(top.left()) + vocabulary.length(top.right()));
      merges.add(new Bpe.Merge(left, right));
      queue.merge(top, merged, this::fits, vocabulary);
      progress.accept(vocabulary.size());
    }
    return merges;
  }

  private boolean fits(int length) {
    return maxTokenLength.isEmpty() || length < maxTokenLength.getAsInt();
  }

  private static boolean isEmpty(@Nullable String affix) {
    return affix == null || affix.isEmpty();
  }

  /** Collects the options, with the reference's defaults. */
  public static final class Builder {
    private int vocabSize = 30_000;
    private long minFrequency;
    private List<String> specialTokens = List.of();
    private OptionalInt limitAlphabet = OptionalInt.empty();
    private int[] initialAlphabet = {};
    private OptionalInt maxTokenLength = OptionalInt.empty();
    private Bpe.Options options = Bpe.Options.PLAIN;

    private Builder() {}

    /** The number of tokens to stop at; special tokens and alphabet are kept even beyond it. */
    public Builder vocabSize(int size) {
      vocabSize = size;
      return this;
    }

    /** How often a pair must occur to be merged. */
    public Builder minFrequency(long frequency) {
      minFrequency = frequency;
      return this;
    }

    /** Tokens that get the first ids and are never cut. */
    public Builder specialTokens(List<String> tokens) {
      specialTokens = tokens;
      return this;
    }

    /** How many characters to keep, the most frequent ones; the others are dropped from words. */
    public Builder limitAlphabet(int limit) {
      limitAlphabet = OptionalInt.of(limit);
      return this;
    }

    /** Code points that are in the vocabulary whether they occur or not. */
    public Builder initialAlphabet(int... codePoints) {
      initialAlphabet = codePoints;
      return this;
    }

    /** The length in characters that tokens stay below once they grow beyond pairs. */
    public Builder maxTokenLength(int length) {
      maxTokenLength = OptionalInt.of(length);
      return this;
    }

    /** The options of the model: prefix and suffix shape the training, the others come with it. */
    public Builder options(Bpe.Options modelOptions) {
      options = modelOptions;
      return this;
    }

    public BpeTrainer build() {
      return new BpeTrainer(this);
    }
  }
}
