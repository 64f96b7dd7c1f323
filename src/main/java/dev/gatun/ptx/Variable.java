package dev.gatun.ptx;

import java.util.List;

/**
 * A named place in memory. Compared by identity: names repeat in other scopes.
 *
 * @param space never generic
 * @param bytes its size; 0 for {@code extern .shared}, whose size the launch gives
 * @param initial the bytes it starts with, shorter than {@code bytes} where the rest is zero
 * @param addresses the places in {@code initial} that hold addresses of other variables
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity
record Variable(
    String name,
    Space space,
    Type type,
    int align,
    long bytes,
    boolean external,
    byte[] initial,
    List<Address> addresses) {

  /** Eight bytes at {@code offset} hold the address of a variable, plus {@code addend}. */
  record Address(int offset, String variable, long addend) {}

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
