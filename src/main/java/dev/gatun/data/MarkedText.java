package dev.gatun.data;

import java.util.ArrayList;
import java.util.List;

/**
 * A text, and which characters of it a model is to learn to write.
 *
 * @param trained stretches in ascending order, or {@link #EVERYTHING}
 * @param finished whether the text has its special tokens already, so that the tokenizer adds none
 */
public record MarkedText(String text, List<Span> trained, boolean finished) {
  /** From {@code start}, inclusive, to {@code end}, exclusive, in code points. */
  public record Span(int start, int end) {}

  /** All of the text, and what the tokenizer adds to it. */
  public static final List<Span> EVERYTHING = List.of(new Span(0, Integer.MAX_VALUE));

  public MarkedText {
    trained = List.copyOf(trained);
  }

  /** A text around which the tokenizer puts what it puts around texts. */
  public MarkedText(String text, List<Span> trained) {
    this(text, trained, false);
  }

  /** A text to be learned as a whole. */
  public static MarkedText whole(String text) {
    return new MarkedText(text, EVERYTHING);
  }

  /** Whether there is nothing in the text that is only read. */
  public boolean isWhole() {
    return trained.equals(EVERYTHING);
  }

  /** Collects a text and its marks piece by piece, so that no mark can miss. */
  static final class Builder {
    private final StringBuilder text = new StringBuilder();
    private final List<Span> spans = new ArrayList<>();
    private int codePoints;

    Builder read(String piece) {
      text.append(piece);
      codePoints += piece.codePointCount(0, piece.length());
      return this;
    }

    Builder write(String piece) {
      int start = codePoints;
      read(piece);
      if (!spans.isEmpty() && spans.getLast().end() == start) {
        start = spans.removeLast().start();
      }
      spans.add(new Span(start, codePoints));
      return this;
    }

    /**
     * @param learned whether it is to be learned
     */
    Builder add(String piece, boolean learned) {
      return learned ? write(piece) : read(piece);
    }

    MarkedText build() {
      return new MarkedText(text.toString(), spans);
    }
  }
}
