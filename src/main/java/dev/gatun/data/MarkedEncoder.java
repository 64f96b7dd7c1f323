package dev.gatun.data;

import dev.gatun.token.Encoding;
import dev.gatun.token.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * From marked text to a row of ids with marks.
 *
 * <p>A token is trained if it has a character that is. So a token that reaches from the prompt into
 * the answer is, as otherwise the model never learned to begin. What the tokenizer puts behind the
 * text is trained if the end of the text is.
 */
public final class MarkedEncoder {
  private final Tokenizer tokenizer;
  private final OptionalInt end;
  private final boolean marks;

  /**
   * @param end an id to close every text with
   * @param marks whether marks count; otherwise every text is trained as a whole
   */
  public MarkedEncoder(Tokenizer tokenizer, OptionalInt end, boolean marks) {
    this.tokenizer = tokenizer;
    this.end = end;
    this.marks = marks;
  }

  /** Adds the row of a text; returns whether it has a token. */
  public boolean encode(MarkedText text, TokenRows.Builder rows) {
    if (!marks || text.isWhole()) {
      int[] ids = closed(tokenizer.encodeIds(text.text(), !text.finished()));
      rows.add(ids);
      return ids.length > 0;
    }
    Encoding encoding = tokenizer.encode(text.text(), !text.finished());
    int[] ids = closed(encoding.ids());
    rows.add(ids, trained(encoding, text, ids.length));
    return ids.length > 0;
  }

  private int[] closed(int[] ids) {
    if (end.isEmpty() || ids.length == 0) {
      return ids;
    }
    int[] all = Arrays.copyOf(ids, ids.length + 1);
    all[ids.length] = end.getAsInt();
    return all;
  }

  private static boolean[] trained(Encoding encoding, MarkedText text, int length) {
    List<MarkedText.Span> spans = text.trained();
    boolean[] trained = new boolean[length];
    int span = 0;
    int lastOfText = -1;
    for (int i = 0; i < encoding.size(); i++) {
      if (encoding.isSpecial(i)) {
        continue;
      }
      lastOfText = i;
      while (span < spans.size() && spans.get(span).end() <= encoding.start(i)) {
        span++;
      }
      trained[i] = span < spans.size() && spans.get(span).start() < encoding.end(i);
    }
    int codePoints = text.text().codePointCount(0, text.text().length());
    if (!spans.isEmpty() && spans.getLast().end() >= codePoints) {
      Arrays.fill(trained, lastOfText + 1, length, true);
    }
    return trained;
  }
}
