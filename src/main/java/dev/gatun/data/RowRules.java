package dev.gatun.data;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Locale;

/**
 * Which rows are used, and how much of them.
 *
 * @param contextLength the most tokens that a row may have
 * @param overflow what happens to a longer one
 * @param minLength a row with fewer tokens is left out
 * @param maxLength a text with more tokens is left out before anything else happens
 * @param dropUntrained whether a row in which no token is a target is left out
 */
public record RowRules(
    int contextLength, Overflow overflow, int minLength, int maxLength, boolean dropUntrained) {
  /** What happens to a text of more tokens than the context has. */
  public enum Overflow {
    /** It becomes several rows: {@code return_overflowing_tokens}. */
    ROWS,
    /** Its end is lost: {@code truncation}. */
    TRUNCATE,
    /** It is left out. */
    DROP
  }

  /**
   * What became of the texts.
   *
   * @param texts before
   * @param overflowing texts longer than the context
   * @param tooShort left out
   * @param tooLong left out
   * @param untrained rows without a target, left out or not
   */
  public record Report(int texts, int overflowing, int tooShort, int tooLong, int untrained) {
    /** Says what is out of the ordinary; empty where nothing is. */
    public String describe() {
      StringBuilder text = new StringBuilder();
      part(text, overflowing, "longer than the context");
      part(text, tooShort, "left out as too short");
      part(text, tooLong, "left out as too long");
      part(text, untrained, "without a trained token");
      return text.toString();
    }

    private static void part(StringBuilder text, int count, String what) {
      if (count > 0) {
        text.append(text.isEmpty() ? "" : ", ")
            .append(String.format(Locale.ROOT, "%,d %s", count, what));
      }
    }
  }

  /** The rows to use, and what became of the others. */
  public record Result(TokenRows rows, Report report) {}

  /** Applies the rules, in the order of the fields. */
  public Result apply(TokenRows texts, Collator collator) {
    IntArrayList fitting = new IntArrayList();
    int overflowing = 0;
    int tooLong = 0;
    for (int i = 0; i < texts.size(); i++) {
      boolean over = texts.length(i) > contextLength;
      overflowing += over ? 1 : 0;
      if (texts.length(i) > maxLength || (over && overflow == Overflow.DROP)) {
        tooLong++;
      } else {
        fitting.add(i);
      }
    }
    TokenRows kept = texts.select(fitting.toIntArray());
    TokenRows rows =
        overflow == Overflow.ROWS ? kept.cut(contextLength) : kept.truncate(contextLength);
    IntArrayList used = new IntArrayList();
    int tooShort = 0;
    int untrained = 0;
    for (int i = 0; i < rows.size(); i++) {
      boolean targets = collator.targets(rows, i) > 0;
      if (rows.length(i) < minLength) {
        tooShort++;
        continue;
      }
      untrained += targets ? 0 : 1;
      if (targets || !dropUntrained) {
        used.add(i);
      }
    }
    return new Result(
        rows.select(used.toIntArray()),
        new Report(texts.size(), overflowing, tooShort, tooLong, untrained));
  }
}
