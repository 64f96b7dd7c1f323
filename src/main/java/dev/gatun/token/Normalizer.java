package dev.gatun.token;

import java.util.List;

/**
 * Rewrites text before it is cut into words. Each record is an element of {@code tokenizer.json}
 * under {@code normalizer}, and does what the reference library's element of that name does.
 */
public sealed interface Normalizer {
  /** The Unicode normalization forms of UAX 15. */
  enum Form {
    NFC,
    NFD,
    NFKC,
    NFKD
  }

  /** Unicode normalization. */
  record Unicode(Form form) implements Normalizer {
    @Override
    public NormalizedText normalize(NormalizedText text) {
      return UnicodeNormalization.of(form).apply(text);
    }
  }

  /** Lower case, one code point at a time, so without the rule for a final sigma. */
  record Lowercase() implements Normalizer {
    private static final int I_WITH_DOT = 0x130;

    @Override
    public NormalizedText normalize(NormalizedText text) {
      String old = text.text();
      NormalizedText.Rewrite rewrite = text.rewrite();
      for (int i = 0; i < old.length(); ) {
        int codePoint = old.codePointAt(i);
        if (codePoint == I_WITH_DOT) {
          rewrite.put("i\u0307", i);
        } else {
          rewrite.put(Character.toLowerCase(codePoint), i);
        }
        i += Character.charCount(codePoint);
      }
      return rewrite.done();
    }
  }

  /** Replaces every match of a pattern by a fixed content. */
  record Replace(TextPattern pattern, String content) implements Normalizer {
    @Override
    public NormalizedText normalize(NormalizedText text) {
      return replace(text, Segmenter.of(pattern), content);
    }
  }

  /** Puts a content in front of a text that is not empty. */
  record Prepend(String prepend) implements Normalizer {
    @Override
    public NormalizedText normalize(NormalizedText text) {
      return Rewriter.prepend(text, prepend);
    }
  }

  /** Drops white space at one end or at both. */
  record Strip(boolean left, boolean right) implements Normalizer {
    @Override
    public NormalizedText normalize(NormalizedText text) {
      String old = text.text();
      int from = 0;
      int to = old.length();
      while (left && from < to && CodePoints.isWhiteSpace(old.charAt(from))) {
        from++;
      }
      while (right && from < to && CodePoints.isWhiteSpace(old.charAt(to - 1))) {
        to--;
      }
      return text.rewrite().copy(from, to).done();
    }
  }

  /** One after the other. */
  record Sequence(List<Normalizer> normalizers) implements Normalizer {
    public Sequence {
      normalizers = List.copyOf(normalizers);
    }

    @Override
    public NormalizedText normalize(NormalizedText text) {
      NormalizedText result = text;
      for (Normalizer normalizer : normalizers) {
        result = normalizer.normalize(result);
      }
      return result;
    }
  }

  /** The rewritten text. */
  NormalizedText normalize(NormalizedText text);

  /** Puts a content in the place of every match; it stands for the last character it replaces. */
  static NormalizedText replace(NormalizedText text, Segmenter matches, String content) {
    NormalizedText.Rewrite rewrite = text.rewrite();
    matches.segments(
        text.text(),
        0,
        text.length(),
        (from, to, match) -> {
          if (match) {
            rewrite.put(content, to - 1);
          } else {
            rewrite.copy(from, to);
          }
        });
    return rewrite.done();
  }
}
