package dev.gatun.token;

/**
 * A piece of a Jinja template.
 *
 * @param text the name, the operator or the decoded literal; for {@link Kind#DATA} the output
 * @param line counted from 1
 */
record JinjaToken(Kind kind, String text, int line) {
  /** What a piece is. */
  enum Kind {
    /** Text outside of tags, as it is put out. */
    DATA,
    EXPRESSION_BEGIN,
    EXPRESSION_END,
    STATEMENT_BEGIN,
    STATEMENT_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    /** Behind the last piece. */
    END
  }

  boolean is(Kind expected, String expectedText) {
    return kind == expected && text.equals(expectedText);
  }

  /** How a message calls it. */
  String described() {
    return switch (kind) {
      case DATA -> "text";
      case END -> "the end of the template";
      case EXPRESSION_END -> "\"}}\"";
      case STATEMENT_END -> "\"%}\"";
      case STRING -> "the string '" + abbreviated() + "'";
      default -> "\"" + abbreviated() + "\"";
    };
  }

  private String abbreviated() {
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }
}
