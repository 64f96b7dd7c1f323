package dev.gatun.ptx;

/**
 * A piece of PTX text.
 *
 * @param line from 1
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    /** A name, directive or opcode, with its dots: {@code ld.global.f32}, {@code %r1}. */
    WORD,
    NUMBER,
    STRING,
    PUNCTUATION,
    END
  }

  boolean is(String wanted) {
    return kind != Kind.STRING && text.equals(wanted);
  }
}
