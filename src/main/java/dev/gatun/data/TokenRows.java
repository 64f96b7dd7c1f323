package dev.gatun.data;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.BitSet;
import java.util.Objects;

/**
 * Rows of token ids of unequal length: one array of ids and two of offsets, whatever the number of
 * rows. Ids may be marked as only to be read, never a target of the loss. Immutable; what is
 * selected or cut from it shares the ids.
 *
 * <pre>
 *   row i = ids[start(i)] .. ids[start(i) + length(i) - 1]
 * </pre>
 */
public final class TokenRows {
  private final int[] ids;
  private final int[] starts;
  private final int[] lengths;

  /** Of the positions in ids: those that are only read. */
  private final BitSet onlyRead;

  private TokenRows(int[] ids, int[] starts, int[] lengths, BitSet onlyRead) {
    this.ids = ids;
    this.starts = starts;
    this.lengths = lengths;
    this.onlyRead = onlyRead;
  }

  /** One row per text that has a token; see {@link Builder#add}. */
  public static TokenRows encode(Iterable<String> texts, TextEncoder encoder) {
    Builder rows = new Builder();
    for (String text : texts) {
      rows.add(encoder.encode(text));
    }
    return rows.build();
  }

  /** The number of rows. */
  public int size() {
    return starts.length;
  }

  /** The number of ids in one row. */
  public int length(int row) {
    return lengths[row];
  }

  /** The id at a position of a row. */
  public int id(int row, int position) {
    return ids[starts[row] + checkPosition(row, position)];
  }

  /** A copy of one row. */
  public int[] row(int row) {
    int[] copy = new int[lengths[row]];
    copyRow(row, copy, 0);
    return copy;
  }

  /** Copies one row into an array. */
  void copyRow(int row, int[] target, int at) {
    System.arraycopy(ids, starts[row], target, at, lengths[row]);
  }

  /** The ids of one row, {@link Collator#IGNORED} where an id is only to be read. */
  public int[] labels(int row) {
    int[] labels = new int[lengths[row]];
    copyLabels(row, labels, 0);
    return labels;
  }

  /** Copies one row into an array, {@link Collator#IGNORED} where an id is only to be read. */
  void copyLabels(int row, int[] target, int at) {
    copyRow(row, target, at);
    int end = starts[row] + lengths[row];
    for (int i = onlyRead.nextSetBit(starts[row]);
        i >= 0 && i < end;
        i = onlyRead.nextSetBit(i + 1)) {
      target[at + i - starts[row]] = Collator.IGNORED;
    }
  }

  /** The number of ids in all rows. */
  public long tokens() {
    long sum = 0;
    for (int length : lengths) {
      sum += length;
    }
    return sum;
  }

  /** The length of the longest row; 0 without rows. */
  public int longest() {
    int longest = 0;
    for (int length : lengths) {
      longest = Math.max(longest, length);
    }
    return longest;
  }

  /** The given rows in the given order. */
  public TokenRows select(int[] rows) {
    int[] selectedStarts = new int[rows.length];
    int[] selectedLengths = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      selectedStarts[i] = starts[rows[i]];
      selectedLengths[i] = lengths[rows[i]];
    }
    return new TokenRows(ids, selectedStarts, selectedLengths, onlyRead);
  }

  /**
   * Every row cut into rows of the context length, the last of them shorter: Hugging Face's {@code
   * truncation} with {@code return_overflowing_tokens} and no stride. Every id is in one row.
   */
  public TokenRows cut(int contextLength) {
    requirePositive(contextLength);
    IntArrayList cutStarts = new IntArrayList(size());
    IntArrayList cutLengths = new IntArrayList(size());
    for (int row = 0; row < size(); row++) {
      for (int done = 0; done < lengths[row]; ) {
        int length = Math.min(contextLength, lengths[row] - done);
        cutStarts.add(starts[row] + done);
        cutLengths.add(length);
        done += length;
      }
    }
    return new TokenRows(ids, cutStarts.toIntArray(), cutLengths.toIntArray(), onlyRead);
  }

  /** Every row without what exceeds the context length: Hugging Face's {@code truncation}. */
  public TokenRows truncate(int contextLength) {
    requirePositive(contextLength);
    int[] truncated = new int[size()];
    for (int row = 0; row < truncated.length; row++) {
      truncated[row] = Math.min(contextLength, lengths[row]);
    }
    return new TokenRows(ids, starts, truncated, onlyRead);
  }

  private int checkPosition(int row, int position) {
    return Objects.checkIndex(position, lengths[row]);
  }

  private static void requirePositive(int contextLength) {
    if (contextLength <= 0) {
      throw new ConfigurationException("the context length must be positive, not " + contextLength);
    }
  }

  /** Collects rows. */
  public static final class Builder {
    /** The largest array a JVM is sure to allocate. */
    private static final int MAX_TOKENS = Integer.MAX_VALUE - 8;

    private final IntArrayList ids = new IntArrayList();
    private final IntArrayList starts = new IntArrayList();
    private final IntArrayList lengths = new IntArrayList();
    private final BitSet onlyRead = new BitSet();

    /** Adds a row; a row without ids is not kept, as there is nothing to learn from it. */
    public Builder add(int[] row) {
      if (row.length == 0) {
        return this;
      }
      if (row.length > MAX_TOKENS - ids.size()) {
        throw new DataException(
            "the data has more than " + MAX_TOKENS + " tokens; train on a part of it at a time");
      }
      starts.add(ids.size());
      lengths.add(row.length);
      ids.addElements(ids.size(), row);
      return this;
    }

    /** Adds a row of which only some ids may become targets; the arrays are equally long. */
    public Builder add(int[] row, boolean[] trained) {
      int start = ids.size();
      add(row);
      for (int i = 0; i < row.length; i++) {
        if (!trained[i]) {
          onlyRead.set(start + i);
        }
      }
      return this;
    }

    /** The rows so far. */
    public TokenRows build() {
      return new TokenRows(
          ids.toIntArray(), starts.toIntArray(), lengths.toIntArray(), (BitSet) onlyRead.clone());
    }
  }
}
