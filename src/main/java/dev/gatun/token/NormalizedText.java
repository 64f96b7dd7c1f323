package dev.gatun.token;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of text on its way to becoming tokens, which remembers, where asked to, which code
 * points of the original text each of its characters came from.
 *
 * <p>The memory (the alignment) is kept for each UTF-16 unit, in code points of the original. It is
 * off where only ids are wanted, and costs nothing then; both ways run the same code.
 */
final class NormalizedText {
  private final String text;
  private final int @Nullable [] starts;
  private final int @Nullable [] ends;
  private final int originalStart;

  private NormalizedText(
      String text, int @Nullable [] starts, int @Nullable [] ends, int originalStart) {
    this.text = text;
    this.starts = starts;
    this.ends = ends;
    this.originalStart = originalStart;
  }

  /** A text as it was given, with or without alignment. */
  static NormalizedText of(String original, boolean aligned) {
    if (!aligned) {
      return new NormalizedText(original, null, null, 0);
    }
    int[] starts = new int[original.length()];
    int[] ends = new int[original.length()];
    for (int i = 0, codePoint = 0; i < original.length(); codePoint++) {
      int next = original.offsetByCodePoints(i, 1);
      Arrays.fill(starts, i, next, codePoint);
      Arrays.fill(ends, i, next, codePoint + 1);
      i = next;
    }
    return new NormalizedText(original, starts, ends, 0);
  }

  String text() {
    return text;
  }

  int length() {
    return text.length();
  }

  boolean aligned() {
    return starts != null;
  }

  /** Whether this stretch begins where the original text begins. */
  boolean atOriginalStart() {
    return originalStart == 0;
  }

  /** The first original code point of the character at an index. Needs alignment. */
  int start(int index) {
    return required(starts)[index];
  }

  /** One past the last original code point of the character at an index. Needs alignment. */
  int end(int index) {
    return required(ends)[index];
  }

  NormalizedText slice(int from, int to) {
    String part = text.substring(from, to);
    if (starts == null || ends == null || from == to) {
      return new NormalizedText(part, starts, ends, originalStart + from);
    }
    return new NormalizedText(
        part,
        Arrays.copyOfRange(starts, from, to),
        Arrays.copyOfRange(ends, from, to),
        starts[from]);
  }

  /** Starts a new version of this text. */
  Rewrite rewrite() {
    return new Rewrite();
  }

  private static int[] required(int @Nullable [] alignment) {
    if (alignment == null) {
      throw new IllegalStateException("offsets were not asked for");
    }
    return alignment;
  }

  /** Collects the new version from front to back. */
  final class Rewrite {
    private final StringBuilder out = new StringBuilder(text.length() + 16);
    private int[] outStarts = new int[starts == null ? 0 : text.length() + 16];
    private int[] outEnds = new int[outStarts.length];

    private Rewrite() {}

    /** Takes over a range unchanged. */
    Rewrite copy(int from, int to) {
      if (starts != null && ends != null) {
        reserve(to - from);
        System.arraycopy(starts, from, outStarts, out.length(), to - from);
        System.arraycopy(ends, from, outEnds, out.length(), to - from);
      }
      out.append(text, from, to);
      return this;
    }

    /**
     * Adds a code point that stands for the character at an index of the old version, or for the
     * empty place before everything when the index is -1.
     */
    Rewrite put(int codePoint, int source) {
      if (starts != null && ends != null) {
        int units = Character.charCount(codePoint);
        reserve(units);
        int at = out.length();
        Arrays.fill(outStarts, at, at + units, source < 0 ? originalStart : starts[source]);
        Arrays.fill(outEnds, at, at + units, source < 0 ? originalStart : ends[source]);
      }
      out.appendCodePoint(codePoint);
      return this;
    }

    /** Adds every code point of a content as {@link #put(int, int)} does. */
    Rewrite put(String content, int source) {
      content.codePoints().forEach(codePoint -> put(codePoint, source));
      return this;
    }

    NormalizedText done() {
      boolean kept = starts != null;
      return new NormalizedText(
          out.toString(),
          kept ? Arrays.copyOf(outStarts, out.length()) : null,
          kept ? Arrays.copyOf(outEnds, out.length()) : null,
          originalStart);
    }

    private void reserve(int units) {
      int needed = out.length() + units;
      if (needed > outStarts.length) {
        int capacity = Math.max(needed, outStarts.length * 2);
        outStarts = Arrays.copyOf(outStarts, capacity);
        outEnds = Arrays.copyOf(outEnds, capacity);
      }
    }
  }
}
