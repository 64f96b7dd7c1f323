package dev.gatun.token;

/** What a split or a replacement looks for. */
public sealed interface TextPattern {
  /** An exact string, at least one character long. */
  record Literal(String content) implements TextPattern {
    public Literal {
      if (content.isEmpty()) {
        throw new IllegalArgumentException("the pattern is an empty string, which matches nowhere");
      }
    }
  }

  /**
   * A regular expression in the syntax of Oniguruma, which the reference library uses; {@link
   * Oniguruma} says which part of it is known.
   */
  record Regex(String source) implements TextPattern {
    public Regex {
      Oniguruma.compile(source);
    }
  }
}
