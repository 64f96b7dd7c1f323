package dev.gatun.token;

import java.util.Arrays;

/** The distinct words of a corpus as symbols, all in one array; words shrink in place. */
final class TrainingWords {
  /** Receives each pair that a merge makes or unmakes in a word. */
  @FunctionalInterface
  interface Changes {
    void change(int left, int right, int by);
  }

  private int[] symbols = new int[1 << 12];
  private int used;
  private final int[] starts;
  private final int[] lengths;
  private final long[] counts;
  private int size;

  TrainingWords(int words) {
    starts = new int[words];
    lengths = new int[words];
    counts = new long[words];
  }

  /** Adds a symbol to the word that is being built. */
  void add(int symbol) {
    if (used == symbols.length) {
      symbols = Arrays.copyOf(symbols, Math.multiplyExact(used, 2));
    }
    symbols[used++] = symbol;
  }

  void endWord(long count) {
    starts[size] = size == 0 ? 0 : starts[size - 1] + lengths[size - 1];
    lengths[size] = used - starts[size];
    counts[size++] = count;
  }

  int size() {
    return size;
  }

  int length(int word) {
    return lengths[word];
  }

  int symbol(int word, int index) {
    return symbols[starts[word] + index];
  }

  long count(int word) {
    return counts[word];
  }

  /**
   * Replaces every occurrence of a pair in a word, from the left, and reports what this does to
   * other pairs, with the symbols to the left already replaced, as the reference counts it.
   */
  void merge(int word, int left, int right, int merged, Changes changes) {
    int from = starts[word];
    int to = from + lengths[word];
    int out = from;
    int in = from;
    while (in < to) {
      if (symbols[in] != left || in + 1 == to || symbols[in + 1] != right) {
        symbols[out++] = symbols[in++];
        continue;
      }
      if (out > from) {
        changes.change(symbols[out - 1], left, -1);
        changes.change(symbols[out - 1], merged, 1);
      }
      if (in + 2 < to) {
        changes.change(right, symbols[in + 2], -1);
        changes.change(merged, symbols[in + 2], 1);
      }
      symbols[out++] = merged;
      in += 2;
    }
    lengths[word] = out - from;
  }
}
