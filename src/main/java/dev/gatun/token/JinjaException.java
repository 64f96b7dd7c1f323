package dev.gatun.token;

/** A template that is wrong, asks for something unknown, or refuses what it was given. */
final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Where no line is known yet. */
  private static final int NO_LINE = 0;

  private final int line;
  private final String what;

  JinjaException(int line, String message) {
    super(message);
    this.line = line;
    this.what = message;
  }

  JinjaException(String message) {
    this(NO_LINE, message);
  }

  /** The same with a line, unless it has one. */
  JinjaException at(int atLine) {
    if (line != NO_LINE) {
      return this;
    }
    JinjaException located = new JinjaException(atLine, what);
    located.initCause(getCause());
    return located;
  }

  /** The message with its line before it. */
  String described() {
    return line == NO_LINE ? what : "line " + line + ": " + what;
  }
}
