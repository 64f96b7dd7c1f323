package dev.gatun.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text as tokens. All parts have the same length; the arrays are this object's own.
 *
 * <p>Not a record: a record would compare its arrays by identity.
 */
public final class Encoding {
  private final int[] ids;
  private final List<String> tokens;
  private final int[] starts;
  private final int[] ends;
  private final boolean[] special;

  Encoding(int[] ids, List<String> tokens, int[] starts, int[] ends, boolean[] special) {
    this.ids = ids;
    this.tokens = tokens;
    this.starts = starts;
    this.ends = ends;
    this.special = special;
  }

  /** The tokens of all parts in order. */
  static Encoding concat(List<Encoding> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    int size = parts.stream().mapToInt(Encoding::size).sum();
    List<String> tokens = new ArrayList<>(size);
    Encoding all =
        new Encoding(new int[size], tokens, new int[size], new int[size], new boolean[size]);
    for (Encoding part : parts) {
      int at = tokens.size();
      System.arraycopy(part.ids, 0, all.ids, at, part.size());
      System.arraycopy(part.starts, 0, all.starts, at, part.size());
      System.arraycopy(part.ends, 0, all.ends, at, part.size());
      System.arraycopy(part.special, 0, all.special, at, part.size());
      tokens.addAll(part.tokens);
    }
    return new Encoding(all.ids, List.copyOf(tokens), all.starts, all.ends, all.special);
  }

  /** The number of tokens. */
  public int size() {
    return ids.length;
  }

  /** A copy of the ids. */
  public int[] ids() {
    return ids.clone();
  }

  public int id(int index) {
    return ids[index];
  }

  /** How each token is written in the vocabulary; an added token, how it stood in the text. */
  public List<String> tokens() {
    return tokens;
  }

  /** Where the token begins in the original text, in code points. */
  public int start(int index) {
    return starts[index];
  }

  /** Where the token ends in the original text, in code points, exclusive. */
  public int end(int index) {
    return ends[index];
  }

  /** Whether the token was not in the text but put in by the {@link PostProcessor}. */
  public boolean isSpecial(int index) {
    return special[index];
  }

  /** The same tokens with other offsets. */
  Encoding withOffsets(int[] newStarts, int[] newEnds) {
    return new Encoding(ids, tokens, newStarts, newEnds, special);
  }

  int[] starts() {
    return starts.clone();
  }

  int[] ends() {
    return ends.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Encoding e
        && Arrays.equals(ids, e.ids)
        && tokens.equals(e.tokens)
        && Arrays.equals(starts, e.starts)
        && Arrays.equals(ends, e.ends)
        && Arrays.equals(special, e.special);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  /** The tokens and ids, for example {@code [Hello=15496, Ġworld=995]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < ids.length; i++) {
      text.append(i == 0 ? "" : ", ").append(tokens.get(i)).append('=').append(ids[i]);
    }
    return text.append(']').toString();
  }
}
