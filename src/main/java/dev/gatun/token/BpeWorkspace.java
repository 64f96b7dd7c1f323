package dev.gatun.token;

import it.unimi.dsi.fastutil.longs.LongHeapPriorityQueue;
import java.util.Arrays;

/**
 * The symbols of one word while they are merged, in arrays that are used again for the next word.
 *
 * <p>A short word is scanned for its lowest rank after each merge: n is small and the scan is over
 * one array. A long one keeps its pairs in a heap, so that it takes O(n log n).
 */
final class BpeWorkspace {
  private static final int LONG_WORD = 48;
  private static final int NO_PAIR = Integer.MAX_VALUE;
  private static final int GONE = -1;

  private int size;
  private int[] ids = new int[LONG_WORD];
  private int[] bytes = new int[LONG_WORD];

  /** The rank of the pair that begins at a symbol, and what the pair becomes. */
  private int[] ranks = new int[LONG_WORD];

  private int[] merged = new int[LONG_WORD];
  private int[] previous = new int[0];
  private int[] next = new int[0];

  void clear() {
    size = 0;
  }

  /** Adds a symbol that stands for a number of UTF-8 bytes of the word. */
  void add(int id, int byteCount) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, size * 2);
      bytes = Arrays.copyOf(bytes, size * 2);
      ranks = Arrays.copyOf(ranks, size * 2);
      merged = Arrays.copyOf(merged, size * 2);
    }
    ids[size] = id;
    bytes[size++] = byteCount;
  }

  int size() {
    return size;
  }

  int id(int index) {
    return ids[index];
  }

  /** How many UTF-8 bytes of the word a token stands for. */
  int bytes(int index) {
    return bytes[index];
  }

  /** Merges until no pair is in the model's table. */
  void merge(Bpe bpe) {
    for (int i = 0; i < size; i++) {
      rank(bpe, i, i + 1);
    }
    if (size < LONG_WORD) {
      mergeByScan(bpe);
    } else {
      mergeByHeap(bpe);
    }
  }

  /** Looks up the pair of two neighbouring symbols. */
  private void rank(Bpe bpe, int at, int right) {
    long merge = right < size ? bpe.merge(ids[at], ids[right]) : -1;
    ranks[at] = merge < 0 ? NO_PAIR : (int) (merge >>> 32);
    merged[at] = (int) merge;
  }

  private void mergeByScan(Bpe bpe) {
    while (true) {
      int best = 0;
      for (int i = 1; i < size; i++) {
        if (ranks[i] < ranks[best]) {
          best = i;
        }
      }
      if (size == 0 || ranks[best] == NO_PAIR) {
        return;
      }
      ids[best] = merged[best];
      bytes[best] += bytes[best + 1];
      int moved = size - best - 2;
      System.arraycopy(ids, best + 2, ids, best + 1, moved);
      System.arraycopy(bytes, best + 2, bytes, best + 1, moved);
      System.arraycopy(ranks, best + 2, ranks, best + 1, moved);
      System.arraycopy(merged, best + 2, merged, best + 1, moved);
      size--;
      rank(bpe, best, best + 1);
      if (best > 0) {
        rank(bpe, best - 1, best);
      }
    }
  }

  private void mergeByHeap(Bpe bpe) {
    link();
    LongHeapPriorityQueue queue = new LongHeapPriorityQueue(size);
    for (int i = 0; i < size; i++) {
      enqueue(queue, i);
    }
    while (!queue.isEmpty()) {
      long entry = queue.dequeueLong();
      int at = (int) entry;
      if (ranks[at] != (int) (entry >>> 32) || ids[at] == GONE) {
        continue;
      }
      int right = next[at];
      ids[at] = merged[at];
      bytes[at] += bytes[right];
      ids[right] = GONE;
      ranks[right] = NO_PAIR;
      next[at] = next[right];
      if (next[at] < size) {
        previous[next[at]] = at;
      }
      rank(bpe, at, next[at]);
      enqueue(queue, at);
      if (previous[at] >= 0) {
        rank(bpe, previous[at], at);
        enqueue(queue, previous[at]);
      }
    }
    close();
  }

  private void link() {
    if (next.length < size) {
      next = new int[ids.length];
      previous = new int[ids.length];
    }
    for (int i = 0; i < size; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
  }

  private void enqueue(LongHeapPriorityQueue queue, int at) {
    if (ranks[at] != NO_PAIR) {
      queue.enqueue(((long) ranks[at] << 32) | at);
    }
  }

  /** Moves the symbols that are left next to each other. */
  private void close() {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (ids[i] != GONE) {
        ids[kept] = ids[i];
        bytes[kept++] = bytes[i];
      }
    }
    size = kept;
  }
}
