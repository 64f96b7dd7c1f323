package dev.gatun.data;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * Which texts share a row of a batch. Texts of one row do not see each other: attention and
 * positions begin again with each, and the last token of a text has no target, so that loss and
 * gradient are those of the texts by themselves. What is saved is padding.
 */
public final class Packing {
  private final TokenRows texts;

  /** The texts of all rows, one row after the other, and where in them each row begins. */
  private final int[] order;

  private final int[] begins;

  private Packing(TokenRows texts, int[] order, int[] begins) {
    this.texts = texts;
    this.order = order;
    this.begins = begins;
  }

  /** Every text is a row. */
  public static Packing none(TokenRows texts) {
    int[] order = identity(texts.size());
    return new Packing(texts, order, identity(texts.size() + 1));
  }

  /**
   * Best fit, longest first, as trl packs with strategy {@code bfd}: each text goes to the fullest
   * row that still has room for it. Where texts are equally long the earlier one is placed first.
   *
   * <p>Johnson, Demers, Ullman, Garey, Graham, "Worst-case performance bounds for simple
   * one-dimensional packing algorithms", 1974: at most 11/9 of the fewest rows, and a few more.
   *
   * @param capacity the tokens that a row holds; a longer text has a row for itself
   */
  public static Packing bestFitDecreasing(TokenRows texts, int capacity) {
    int[] longestFirst = identity(texts.size());
    IntArrays.mergeSort(longestFirst, (a, b) -> texts.length(b) - texts.length(a));
    List<IntArrayList> rows = new ArrayList<>();
    TreeMap<Integer, IntArrayList> byRoom = new TreeMap<>();
    for (int text : longestFirst) {
      int length = texts.length(text);
      var fullest = byRoom.ceilingEntry(length);
      int room = fullest == null ? capacity : fullest.getKey();
      int row = fullest == null ? rows.size() : fullest.getValue().popInt();
      if (fullest == null) {
        rows.add(new IntArrayList());
      } else if (fullest.getValue().isEmpty()) {
        byRoom.remove(room);
      }
      rows.get(row).add(text);
      if (length < room) {
        byRoom.computeIfAbsent(room - length, absent -> new IntArrayList()).push(row);
      }
    }
    return of(texts, rows);
  }

  private static Packing of(TokenRows texts, List<IntArrayList> rows) {
    int[] begins = new int[rows.size() + 1];
    IntArrayList order = new IntArrayList(texts.size());
    for (int row = 0; row < rows.size(); row++) {
      order.addAll(rows.get(row));
      begins[row + 1] = order.size();
    }
    return new Packing(texts, order.toIntArray(), begins);
  }

  private static int[] identity(int size) {
    int[] identity = new int[size];
    Arrays.setAll(identity, i -> i);
    return identity;
  }

  /** What was packed. */
  public TokenRows texts() {
    return texts;
  }

  /** The number of rows. */
  public int size() {
    return begins.length - 1;
  }

  /** The texts of a row, in the order in which it holds them. */
  public int[] row(int row) {
    return Arrays.copyOfRange(order, begins[row], begins[row + 1]);
  }

  /** The number of tokens in a row. */
  public int length(int row) {
    int length = 0;
    for (int i = begins[row]; i < begins[row + 1]; i++) {
      length += texts.length(order[i]);
    }
    return length;
  }

  /** The length of the longest row; 0 without rows. */
  public int longest() {
    int longest = 0;
    for (int row = 0; row < size(); row++) {
      longest = Math.max(longest, length(row));
    }
    return longest;
  }
}
