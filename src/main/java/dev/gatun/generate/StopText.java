package dev.gatun.generate;

import java.util.List;

/**
 * Text as it is generated, cut before the first stop string. The end of the text is held back as
 * long as it could be the beginning of a stop string, so that nothing is shown that is then taken
 * back.
 */
final class StopText {
  private final List<String> stopStrings;
  private final StringBuilder text = new StringBuilder();
  private int shown;
  private boolean stopped;

  StopText(List<String> stopStrings) {
    this.stopStrings = stopStrings;
  }

  /** Adds a piece; returns what may be shown now. */
  String add(String piece) {
    if (stopped) {
      return "";
    }
    text.append(piece);
    int cut = firstStop();
    if (cut >= 0) {
      text.setLength(cut);
      stopped = true;
    }
    return show(stopped ? text.length() : text.length() - heldBack());
  }

  /** The text has ended: returns what was held back. */
  String finish() {
    return show(text.length());
  }

  boolean stopped() {
    return stopped;
  }

  String text() {
    return text.toString();
  }

  private String show(int end) {
    String piece = text.substring(shown, Math.max(shown, end));
    shown = Math.max(shown, end);
    return piece;
  }

  private int firstStop() {
    int first = -1;
    for (String stop : stopStrings) {
      int at = stop.isEmpty() ? -1 : text.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  /** The length of the longest end of the text that begins a stop string. */
  private int heldBack() {
    int longest = 0;
    for (String stop : stopStrings) {
      for (int n = Math.min(stop.length() - 1, text.length() - shown); n > longest; n--) {
        if (stop.startsWith(text.substring(text.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }
}
