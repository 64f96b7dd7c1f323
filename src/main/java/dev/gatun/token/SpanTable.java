package dev.gatun.token;

import java.util.Arrays;

/**
 * Numbers distinct strings 0, 1, 2, ... in order of arrival, without making a string of each: a key
 * is a range of a text, and the characters of all keys lie in one array.
 */
final class SpanTable {
  /** What {@link #find} answers for a key that is not there. */
  static final int ABSENT = -1;

  private int[] slots;
  private int size;
  private char[] units = new char[1 << 12];
  private int[] hashes = new int[256];

  /** Key i is {@code units[ends[i-1] .. ends[i]]}. */
  private int[] ends = new int[256];

  SpanTable() {
    slots = new int[1 << 10];
    Arrays.fill(slots, ABSENT);
  }

  int size() {
    return size;
  }

  /** The UTF-16 units of all keys together. */
  int units() {
    return size == 0 ? 0 : ends[size - 1];
  }

  String key(int index) {
    int start = start(index);
    return new String(units, start, ends[index] - start);
  }

  static int hash(String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + text.charAt(i);
    }
    return hash * 0x9E3779B9;
  }

  /** The number of a key, or {@link #ABSENT}. */
  int find(String text, int from, int to, int hash) {
    int mask = slots.length - 1;
    for (int slot = (hash >>> 7) & mask; ; slot = (slot + 1) & mask) {
      int index = slots[slot];
      if (index == ABSENT || (hashes[index] == hash && equals(index, text, from, to))) {
        return index;
      }
    }
  }

  /** Gives a key that is not there its number. */
  int add(String text, int from, int to, int hash) {
    if (size * 2 >= slots.length) {
      grow();
    }
    int start = units();
    int end = Math.addExact(start, to - from);
    if (end > units.length) {
      units = Arrays.copyOf(units, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(end, end * 2L)));
    }
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
    }
    text.getChars(from, to, units, start);
    ends[size] = end;
    hashes[size] = hash;
    place(size);
    return size++;
  }

  private boolean equals(int index, String text, int from, int to) {
    int start = start(index);
    if (ends[index] - start != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (units[start + i - from] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  private void grow() {
    slots = new int[slots.length * 2];
    Arrays.fill(slots, ABSENT);
    for (int i = 0; i < size; i++) {
      place(i);
    }
  }

  private void place(int index) {
    int mask = slots.length - 1;
    int slot = (hashes[index] >>> 7) & mask;
    while (slots[slot] != ABSENT) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = index;
  }
}
