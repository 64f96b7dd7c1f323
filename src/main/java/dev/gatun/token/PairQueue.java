package dev.gatun.token;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The pairs of neighbours in all words, the most frequent first. Counts are kept exactly for every
 * pair; an entry in the queue may be out of date, and is put back with its count when it comes up.
 */
final class PairQueue {
  /** A pair, how often it occurred when the entry was made, and words it occurred in. */
  record Entry(long pair, long count, IntArrayList words) {
    int left() {
      return (int) (pair >>> 32);
    }

    int right() {
      return (int) pair;
    }
  }

  private final TrainingWords words;
  private final Long2LongOpenHashMap counts = new Long2LongOpenHashMap();
  private final PriorityQueue<Entry> queue =
      new PriorityQueue<>(
          Comparator.comparingLong(Entry::count).reversed().thenComparingLong(Entry::pair));

  /** Words in which a pair has been made since the last entries went into the queue. */
  private final Long2ObjectOpenHashMap<IntArrayList> made = new Long2ObjectOpenHashMap<>();

  PairQueue(TrainingWords words) {
    this.words = words;
    for (int word = 0; word < words.size(); word++) {
      for (int i = 1; i < words.length(word); i++) {
        count(words.symbol(word, i - 1), words.symbol(word, i), word, 1);
      }
    }
    enqueueMade();
  }

  /** Takes out the most frequent pair; of equals, the one with the smaller ids. Null at the end. */
  @Nullable Entry next() {
    while (true) {
      Entry top = queue.poll();
      if (top == null) {
        return null;
      }
      long count = counts.get(top.pair);
      if (count == top.count) {
        return top;
      }
      queue.add(new Entry(top.pair, count, top.words));
    }
  }

  /**
   * Merges a pair in the words of its entry.
   *
   * @param fits whether a token of a length in characters may still be made
   */
  void merge(Entry entry, int merged, IntPredicate fits, GrowingVocabulary vocabulary) {
    for (int i = 0; i < entry.words.size(); i++) {
      int word = entry.words.getInt(i);
      words.merge(
          word,
          entry.left(),
          entry.right(),
          merged,
          (left, right, by) -> {
            if (by < 0 || fits.test(vocabulary.length(left) + vocabulary.length(right))) {
              count(left, right, word, by);
            }
          });
    }
    enqueueMade();
  }

  private void count(int left, int right, int word, int by) {
    long pair = ((long) left << 32) | right;
    counts.addTo(pair, by * words.count(word));
    if (by > 0) {
      IntArrayList list = made.get(pair);
      if (list == null) {
        list = new IntArrayList(2);
        made.put(pair, list);
      }
      if (list.isEmpty() || list.getInt(list.size() - 1) != word) {
        list.add(word);
      }
    }
  }

  private void enqueueMade() {
    made.long2ObjectEntrySet()
        .fastForEach(
            entry -> {
              long count = counts.get(entry.getLongKey());
              if (count > 0) {
                IntArrayList list = entry.getValue();
                list.trim();
                queue.add(new Entry(entry.getLongKey(), count, list));
              }
            });
    made.clear();
  }
}
