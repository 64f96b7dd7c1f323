package dev.gatun.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Grows by tokens: always their ids, and where offsets are wanted also strings and offsets. */
final class TokenList {
  private final @Nullable List<String> tokens;
  private int[] ids = new int[64];
  private int[] starts;
  private int[] ends;
  private int size;

  TokenList(boolean aligned) {
    tokens = aligned ? new ArrayList<>() : null;
    starts = new int[aligned ? ids.length : 0];
    ends = new int[starts.length];
  }

  /** Whether offsets are wanted. */
  boolean aligned() {
    return tokens != null;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  /** Adds an id to a list that keeps no offsets. */
  void addId(int id) {
    reserve(1);
    ids[size++] = id;
  }

  /** Adds many ids to a list that keeps no offsets. */
  void addIds(int[] source, int from, int count) {
    reserve(count);
    for (int i = 0; i < count; i++) {
      ids[size + i] = source[from + i];
    }
    size += count;
  }

  /** Adds a token to a list that keeps offsets. */
  void add(int id, String token, int start, int end) {
    if (tokens == null) {
      throw new IllegalStateException("this list keeps ids alone");
    }
    reserve(1);
    tokens.add(token);
    ids[size] = id;
    starts[size] = start;
    ends[size++] = end;
  }

  void copyIds(int from, int[] out, int at, int count) {
    System.arraycopy(ids, from, out, at, count);
  }

  int[] ids() {
    return Arrays.copyOf(ids, size);
  }

  /** The tokens as an encoding in which none is special. */
  Encoding encoding() {
    if (tokens == null) {
      throw new IllegalStateException("this list keeps ids alone");
    }
    return new Encoding(
        ids(),
        List.copyOf(tokens),
        Arrays.copyOf(starts, size),
        Arrays.copyOf(ends, size),
        new boolean[size]);
  }

  private void reserve(int count) {
    if (size + count > ids.length) {
      int capacity = Math.max(size + count, ids.length * 2);
      ids = Arrays.copyOf(ids, capacity);
      if (tokens != null) {
        starts = Arrays.copyOf(starts, capacity);
        ends = Arrays.copyOf(ends, capacity);
      }
    }
  }
}
