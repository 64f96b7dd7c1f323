package dev.gatun.hub;

/** Text from a file, fit for a message: quoted, cut to a readable length, nothing invisible. */
final class Quoted {
  private static final int MAX_LENGTH = 120;

  private Quoted() {}

  static String of(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints().limit(MAX_LENGTH).forEach(codePoint -> append(quoted, codePoint));
    boolean cut = text.codePointCount(0, text.length()) > MAX_LENGTH;
    return quoted.append(cut ? "...\"" : "\"").toString();
  }

  private static void append(StringBuilder quoted, int codePoint) {
    switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          quoted.append("\\u%04x".formatted(codePoint));
      default -> {
        if (codePoint == '"' || codePoint == '\\') {
          quoted.append('\\');
        }
        quoted.appendCodePoint(codePoint);
      }
    }
  }
}
