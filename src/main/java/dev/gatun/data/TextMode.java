package dev.gatun.data;

/** What one text of a corpus is. */
public enum TextMode {
  /** One line is one text; blank lines are skipped. */
  LINES,
  /** One file is one text, line ends included. */
  DOCUMENT
}
