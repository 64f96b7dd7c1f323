package dev.gatun.token;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How often each word occurs in the texts that were added. Memory grows with the distinct words,
 * not with the texts. For one thread; several can count apart and be joined by {@link #addAll}.
 */
public final class WordCounts {
  private final @Nullable Normalizer normalizer;
  private final Words words;
  private final SpanTable table = new SpanTable();
  private long[] counts = new long[256];

  /** Counts what these two make of a text. */
  public WordCounts(@Nullable Normalizer normalizer, @Nullable PreTokenizer preTokenizer) {
    this.normalizer = normalizer;
    this.words = new Words(preTokenizer);
  }

  /** Counts the words of one text, for example of a line with its line feed. */
  public void add(String text) {
    add(text, 1);
  }

  /** Counts the words of a text that occurs a number of times. */
  public void add(String text, long times) {
    NormalizedText whole = NormalizedText.of(text, words.positionalAnywhere());
    NormalizedText section = words.lead(normalizer == null ? whole : normalizer.normalize(whole));
    words.split(
        section.text(),
        (from, to) -> {
          if (words.positional()) {
            words.finish(
                section.slice(from, to), piece -> count(piece.text(), 0, piece.length(), times));
          } else {
            count(section.text(), from, to, times);
          }
        });
  }

  /** Counts everything that another has counted by the same rules. */
  public void addAll(WordCounts other) {
    for (int i = 0; i < other.table.size(); i++) {
      String word = other.table.key(i);
      count(word, 0, word.length(), other.counts[i]);
    }
  }

  /** Every word as the model will see it, with its count; in no order. */
  public void forEach(ObjLongConsumer<String> words) {
    pieces().forEach(words::accept);
  }

  /** The number of distinct words as they stand in the text. */
  public int distinct() {
    return table.size();
  }

  private void count(String text, int from, int to, long times) {
    int hash = SpanTable.hash(text, from, to);
    int word = table.find(text, from, to, hash);
    if (word == SpanTable.ABSENT) {
      word = table.add(text, from, to, hash);
      if (word == counts.length) {
        counts = Arrays.copyOf(counts, word * 2);
      }
    }
    counts[word] += times;
  }

  /** The pieces that the model will see, each with its count. */
  Map<String, Long> pieces() {
    Map<String, Long> pieces = new HashMap<>(table.size() * 2);
    for (int i = 0; i < table.size(); i++) {
      long times = counts[i];
      String word = table.key(i);
      if (words.positional()) {
        pieces.merge(word, times, Long::sum);
      } else {
        words.finish(
            NormalizedText.of(word, false), piece -> pieces.merge(piece.text(), times, Long::sum));
      }
    }
    return pieces;
  }
}
