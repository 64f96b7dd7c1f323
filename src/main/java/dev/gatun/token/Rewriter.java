package dev.gatun.token;

/** A stage that changes characters and cuts nothing. */
sealed interface Rewriter extends Stage {
  NormalizedText rewrite(NormalizedText piece);

  /** Whether the result depends on where in the original text the piece stands. */
  default boolean positional() {
    return false;
  }

  /** Puts a space before a piece that does not begin with one. */
  record SpacePrefix() implements Rewriter {
    @Override
    public NormalizedText rewrite(NormalizedText piece) {
      return piece.text().startsWith(" ") ? piece : prepend(piece, " ");
    }
  }

  /** Turns every UTF-8 byte into its character of the {@link ByteAlphabet}. */
  record ByteMapping() implements Rewriter {
    @Override
    public NormalizedText rewrite(NormalizedText piece) {
      String text = piece.text();
      NormalizedText.Rewrite rewrite = piece.rewrite();
      byte[] bytes = new byte[4];
      for (int i = 0; i < text.length(); ) {
        int codePoint = text.codePointAt(i);
        int count = Utf8.encode(codePoint, bytes, 0);
        for (int b = 0; b < count; b++) {
          rewrite.put(ByteAlphabet.charOf(bytes[b] & 0xFF), i);
        }
        i += Character.charCount(codePoint);
      }
      return rewrite.done();
    }
  }

  /** Writes spaces as the replacement, and puts one in front as the scheme says. */
  record SpaceMarks(int replacement, PreTokenizer.PrependScheme scheme) implements Rewriter {
    @Override
    public NormalizedText rewrite(NormalizedText piece) {
      String mark = Character.toString(replacement);
      NormalizedText marked = Normalizer.replace(piece, new Segmenter.OfLiteral(" "), mark);
      boolean wanted =
          switch (scheme) {
            case ALWAYS -> true;
            case FIRST -> piece.atOriginalStart();
            case NEVER -> false;
          };
      return wanted && !marked.text().startsWith(mark) ? prepend(marked, mark) : marked;
    }

    @Override
    public boolean positional() {
      return scheme == PreTokenizer.PrependScheme.FIRST;
    }
  }

  /** A copy with a content before it, which stands for the first character; empty stays empty. */
  static NormalizedText prepend(NormalizedText piece, String content) {
    if (piece.length() == 0) {
      return piece;
    }
    return piece.rewrite().put(content, 0).copy(0, piece.length()).done();
  }
}
