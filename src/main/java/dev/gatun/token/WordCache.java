package dev.gatun.token;

import java.util.Arrays;

/**
 * Words and the ids they became. It fills up and then stays as it is: the words seen first are the
 * frequent ones, and a bound on memory matters more than the rare ones.
 */
final class WordCache {
  private static final int MAX_WORDS = 1 << 17;
  private static final int MAX_UNITS_PER_WORD = 64;

  private final SpanTable words = new SpanTable();

  /** The ids of word i are {@code ids[ends[i-1] .. ends[i]]}. */
  private int[] ids = new int[1 << 10];

  private int[] ends = new int[1 << 8];

  /** The number of a word, or {@link SpanTable#ABSENT}. */
  int find(String text, int from, int to, int hash) {
    return words.find(text, from, to, hash);
  }

  /** Adds a word's ids to a list. */
  void copyIds(int word, TokenList out) {
    int start = word == 0 ? 0 : ends[word - 1];
    out.addIds(ids, start, ends[word] - start);
  }

  /** Remembers that a word became the ids that a list holds from an index on, if there is room. */
  void put(String text, int from, int to, int hash, TokenList tokens, int firstToken) {
    if (words.size() == MAX_WORDS || to - from > MAX_UNITS_PER_WORD) {
      return;
    }
    int word = words.add(text, from, to, hash);
    int count = tokens.size() - firstToken;
    int start = word == 0 ? 0 : ends[word - 1];
    if (start + count > ids.length) {
      ids = Arrays.copyOf(ids, Math.max(start + count, ids.length * 2));
    }
    if (word == ends.length) {
      ends = Arrays.copyOf(ends, word * 2);
    }
    tokens.copyIds(firstToken, ids, start, count);
    ends[word] = start + count;
  }
}
