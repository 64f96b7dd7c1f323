package dev.gatun.token;

/** Character classes as the reference library's {@code char} methods define them. */
final class CodePoints {
  private static final int PUNCTUATION =
      (1 << Character.CONNECTOR_PUNCTUATION)
          | (1 << Character.DASH_PUNCTUATION)
          | (1 << Character.START_PUNCTUATION)
          | (1 << Character.END_PUNCTUATION)
          | (1 << Character.INITIAL_QUOTE_PUNCTUATION)
          | (1 << Character.FINAL_QUOTE_PUNCTUATION)
          | (1 << Character.OTHER_PUNCTUATION);
  private static final int NUMBER =
      (1 << Character.DECIMAL_DIGIT_NUMBER)
          | (1 << Character.LETTER_NUMBER)
          | (1 << Character.OTHER_NUMBER);
  private static final int MARK =
      (1 << Character.NON_SPACING_MARK)
          | (1 << Character.ENCLOSING_MARK)
          | (1 << Character.COMBINING_SPACING_MARK);

  private CodePoints() {}

  /** The Unicode property White_Space, which is not {@link Character#isWhitespace(int)}. */
  static boolean isWhiteSpace(int codePoint) {
    if (codePoint < 0x85) {
      return codePoint == ' ' || (codePoint >= '\t' && codePoint <= '\r');
    }
    return switch (codePoint) {
      case 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
      default -> codePoint >= 0x2000 && codePoint <= 0x200A;
    };
  }

  /** ASCII punctuation, which includes the ASCII symbols, or general category P. */
  static boolean isPunctuation(int codePoint) {
    if (codePoint < 0x80) {
      return codePoint > ' ' && codePoint < 0x7F && !Character.isLetterOrDigit(codePoint);
    }
    return has(PUNCTUATION, codePoint);
  }

  /** General category N: decimal digits, letter numbers and other numbers. */
  static boolean isNumeric(int codePoint) {
    return has(NUMBER, codePoint);
  }

  /** What {@code \w} means in the reference's regular expressions: UTS 18, annex C, "word". */
  static boolean isWord(int codePoint) {
    return Character.isAlphabetic(codePoint)
        || has(
            MARK | (1 << Character.DECIMAL_DIGIT_NUMBER) | (1 << Character.CONNECTOR_PUNCTUATION),
            codePoint)
        || codePoint == 0x200C
        || codePoint == 0x200D;
  }

  private static boolean has(int categories, int codePoint) {
    return ((categories >>> Character.getType(codePoint)) & 1) != 0;
  }
}
