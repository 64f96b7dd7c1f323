package dev.gatun.data;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The batches of a data set, epoch after epoch. The last batch of an epoch may have fewer rows.
 *
 * <p>The order of an epoch depends on the seed and the epoch alone, never on what was read before:
 * a run that resumes at a {@link Position} sees the batches that it would have seen.
 */
public final class Batches {
  /** "order": the stream that keeps the shuffle apart from other uses of the same seed. */
  private static final long STREAM = 0x6F72646572L;

  private static final int GROUP_BATCHES = 50;

  private final TokenRows texts;
  private final Packing rows;
  private final Collator collator;
  private final Options options;

  /** In which order an epoch reads the rows. */
  public enum Order {
    /** As they are stored. */
    STORED,
    /** In an order of its own for every epoch. */
    SHUFFLED,
    /**
     * Shuffled, then sorted by length within groups of up to 50 batches, so that little of a batch
     * is padding: Hugging Face's {@code group_by_length}, but for the order of the batches, which
     * is random here, as the length of a text says something about its content.
     */
    GROUPED_BY_LENGTH
  }

  /**
   * How rows become batches.
   *
   * @param batchSize rows per batch
   * @param padId fills short rows; any id of the vocabulary, the model never learns from it
   * @param padToMultipleOf T is rounded up to a multiple of this
   * @param order of the rows
   * @param seed of the order, where it is random
   * @param dropLast whether a batch with fewer rows than the others is left out
   */
  public record Options(
      int batchSize, int padId, int padToMultipleOf, Order order, long seed, boolean dropLast) {
    /** Every row is in a batch. */
    public Options(int batchSize, int padId, int padToMultipleOf, Order order, long seed) {
      this(batchSize, padId, padToMultipleOf, order, seed, false);
    }

    /** Without, or with, a last batch of fewer rows. */
    public Options droppingLast(boolean drop) {
      return new Options(batchSize, padId, padToMultipleOf, order, seed, drop);
    }

    public Options {
      if (batchSize < 1 || padToMultipleOf < 1) {
        throw new ConfigurationException(
            String.format(
                "batch size %d and pad-to-multiple-of %d must be at least 1",
                batchSize, padToMultipleOf));
      }
    }

    /** Batches in stored order, as evaluation reads them. */
    public static Options inOrder(int batchSize, int padId) {
      return new Options(batchSize, padId, 1, Order.STORED, 0);
    }

    /** Batches in an order that changes with every epoch, as training reads them. */
    public static Options shuffled(int batchSize, int padId, long seed) {
      return new Options(batchSize, padId, 1, Order.SHUFFLED, seed);
    }
  }

  /**
   * A place between two batches.
   *
   * @param epoch from 0
   * @param batch the next batch to be read within the epoch, from 0
   */
  public record Position(int epoch, int batch) {
    public static final Position START = new Position(0, 0);
  }

  /**
   * Batches in which every text is a row.
   *
   * @throws DataException when there is no text
   */
  public Batches(TokenRows texts, Collator collator, Options options) {
    this(Packing.none(texts), collator, options);
  }

  /**
   * Batches of rows that may hold several texts.
   *
   * @throws DataException when there is no row
   */
  public Batches(Packing rows, Collator collator, Options options) {
    if (rows.size() == 0) {
      throw new DataException("there is no text to make batches of: the data is empty");
    }
    this.texts = rows.texts();
    this.rows = rows;
    this.collator = collator;
    this.options = options;
    if (perEpoch() == 0) {
      throw new DataException(
          "%,d rows do not fill a batch of %,d, and dataloader_drop_last leaves out the rest"
              .formatted(rows.size(), options.batchSize()));
    }
  }

  /** The number of batches of one epoch. */
  public int perEpoch() {
    return options.dropLast()
        ? rows.size() / options.batchSize()
        : Math.ceilDiv(rows.size(), options.batchSize());
  }

  /** The largest T of any batch. */
  public int longest() {
    return padded(rows.longest());
  }

  /** An endless reader that starts at a position. */
  public Cursor from(Position position) {
    return new Cursor(position);
  }

  /** The batches of one epoch. */
  public Iterable<Batch> epoch(int epoch) {
    return () ->
        new Iterator<>() {
          private final int[] order = order(epoch);
          private int next;

          @Override
          public boolean hasNext() {
            return next < perEpoch();
          }

          @Override
          public Batch next() {
            if (!hasNext()) {
              throw new NoSuchElementException("epoch " + epoch + " has no further batch");
            }
            return batch(order, next++);
          }
        };
  }

  /** The order of the rows in an epoch. */
  int[] order(int epoch) {
    Philox random = new Philox(options.seed(), STREAM).derive(epoch);
    return switch (options.order()) {
      case STORED -> {
        int[] stored = new int[rows.size()];
        Arrays.setAll(stored, i -> i);
        yield stored;
      }
      case SHUFFLED -> random.permutation(rows.size());
      case GROUPED_BY_LENGTH -> {
        int[] order = random.permutation(rows.size());
        sortGroups(order);
        yield withBatchesShuffled(order, random.derive(1));
      }
    };
  }

  /** Groups are whole batches, at least four to an epoch, as in Hugging Face's sampler. */
  private void sortGroups(int[] order) {
    int batchesPerGroup = Math.clamp(order.length / (4L * options.batchSize()), 1, GROUP_BATCHES);
    int groupSize = batchesPerGroup * options.batchSize();
    for (int from = 0; from < order.length; from += groupSize) {
      int to = Math.min(order.length, from + groupSize);
      IntArrays.mergeSort(order, from, to, (a, b) -> rows.length(b) - rows.length(a));
    }
  }

  /** Moves whole batches; one with fewer rows stays the last. */
  private int[] withBatchesShuffled(int[] order, Philox random) {
    int batchSize = options.batchSize();
    int[] batches = random.permutation(order.length / batchSize);
    int[] shuffled = order.clone();
    for (int to = 0; to < batches.length; to++) {
      System.arraycopy(order, batches[to] * batchSize, shuffled, to * batchSize, batchSize);
    }
    return shuffled;
  }

  private Batch batch(int[] order, int index) {
    int first = index * options.batchSize();
    int B = Math.min(options.batchSize(), order.length - first);
    int[] lengths = new int[B];
    int longest = 0;
    for (int b = 0; b < B; b++) {
      lengths[b] = rows.length(order[first + b]);
      longest = Math.max(longest, lengths[b]);
    }
    int T = padded(longest);
    Matrices matrices = new Matrices(Math.multiplyExact(B, T));
    int targetTokens = 0;
    for (int b = 0; b < B; b++) {
      targetTokens += fill(matrices, b * T, order[first + b]);
      int end = b * T + lengths[b];
      Arrays.fill(matrices.inputIds, end, (b + 1) * T, options.padId());
      Arrays.fill(matrices.labels, end, (b + 1) * T, Collator.IGNORED);
      Arrays.fill(matrices.starts, end, (b + 1) * T, lengths[b]);
    }
    return new Batch(
        matrices.inputIds,
        matrices.labels,
        lengths,
        matrices.packed ? matrices.starts : null,
        B,
        T,
        targetTokens);
  }

  /** The contents of a batch, [B*T]. */
  private static final class Matrices {
    final int[] inputIds;
    final int[] labels;
    final int[] starts;

    /** Whether some row holds several texts. */
    boolean packed;

    Matrices(int size) {
      inputIds = new int[size];
      labels = new int[size];
      starts = new int[size];
    }
  }

  /** Writes the texts of a row from a position on; returns the targets. */
  private int fill(Matrices matrices, int from, int row) {
    int at = from;
    int targets = 0;
    for (int text : rows.row(row)) {
      int length = texts.length(text);
      texts.copyRow(text, matrices.inputIds, at);
      texts.copyLabels(text, matrices.labels, at);
      Arrays.fill(matrices.starts, at, at + length, at - from);
      targets += shiftedLabels(matrices.labels, at, length);
      matrices.packed |= at > from;
      at += length;
    }
    return targets;
  }

  /** Labels one text of a batch and moves the labels one position ahead; returns the targets. */
  private int shiftedLabels(int[] labels, int start, int length) {
    collator.label(labels, start, start + length);
    int targets = 0;
    for (int t = 0; t < length; t++) {
      int label = t + 1 < length ? labels[start + t + 1] : Collator.IGNORED;
      labels[start + t] = label;
      targets += label == Collator.IGNORED ? 0 : 1;
    }
    return targets;
  }

  private int padded(int length) {
    return Math.ceilDiv(length, options.padToMultipleOf()) * options.padToMultipleOf();
  }

  /** Reads batches across epochs without end. */
  public final class Cursor {
    private Position position;
    private int[] order;

    private Cursor(Position start) {
      if (start.epoch() < 0 || start.batch() < 0 || start.batch() >= perEpoch()) {
        throw new DataException(
            String.format(
                "cannot resume at %s: an epoch of this data has %d batches; "
                    + "was the run saved with other data or another batch size?",
                start, perEpoch()));
      }
      this.position = start;
      this.order = order(start.epoch());
    }

    /** Where the next batch comes from; what to save for a resumed run. */
    public Position position() {
      return position;
    }

    /** The next batch. */
    public Batch next() {
      Batch batch = batch(order, position.batch());
      if (position.batch() + 1 < perEpoch()) {
        position = new Position(position.epoch(), position.batch() + 1);
      } else {
        position = new Position(position.epoch() + 1, 0);
        order = order(position.epoch());
      }
      return batch;
    }
  }
}
