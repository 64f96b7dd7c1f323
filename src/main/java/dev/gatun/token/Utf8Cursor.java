package dev.gatun.token;

/** Finds the character that a UTF-8 byte of a text belongs to; asked from front to back. */
final class Utf8Cursor {
  private final String text;
  private int unit;
  private int byteStart;

  Utf8Cursor(String text) {
    this.text = text;
  }

  /**
   * The UTF-16 index of the character whose bytes include the one at an offset; past the end, of
   * the last character.
   */
  int unitAt(int byteOffset) {
    if (byteOffset < byteStart) {
      throw new IllegalArgumentException("byte " + byteOffset + " lies before " + byteStart);
    }
    while (true) {
      int codePoint = text.codePointAt(unit);
      int length = Utf8.length(codePoint);
      int next = unit + Character.charCount(codePoint);
      if (byteOffset < byteStart + length || next == text.length()) {
        return unit;
      }
      byteStart += length;
      unit = next;
    }
  }
}
