package dev.gatun.token;

/** Finds the character that a UTF-8 byte of a text belongs to; asked from front to back. */
final class Utf8Cursor {
  private final String text;
  private int unit;
  private int byteStart;

  Utf8Cursor(String text) {
    this.text = text;
  }

  /** The UTF-16 index of the character whose bytes include the one at an offset. */
  int unitAt(int byteOffset) {
    if (byteOffset < byteStart) {
      throw new IllegalArgumentException("byte " + byteOffset + " lies before " + byteStart);
    }
    while (true) {
      int codePoint = text.codePointAt(unit);
      int length = Utf8.length(codePoint);
      if (byteOffset < byteStart + length) {
        return unit;
      }
      byteStart += length;
      unit += Character.charCount(codePoint);
    }
  }
}
