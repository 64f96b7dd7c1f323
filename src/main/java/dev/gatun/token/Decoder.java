package dev.gatun.token;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns tokens back into text. Each record is an element of {@code tokenizer.json} under {@code
 * decoder}, and does what the reference library's element of that name does. The text is what
 * remains when the parts that come out are joined.
 */
public sealed interface Decoder {
  /**
   * WordPiece and its like: a token with the prefix continues the word before it, any other begins
   * a word after a space.
   *
   * @param cleanup whether to take out the space before punctuation and English contractions
   */
  record WordPiece(String prefix, boolean cleanup) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> parts = new ArrayList<>(tokens.size());
      for (String token : tokens) {
        String part = token;
        if (!parts.isEmpty()) {
          part = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
        }
        parts.add(cleanup ? CleanUp.applyToPart(part) : part);
      }
      return parts;
    }
  }

  /** Reads every token in the {@link ByteAlphabet}; a token outside it is its own UTF-8. */
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (String token : tokens) {
        if (token.codePoints().allMatch(c -> ByteAlphabet.byteOf(c) >= 0)) {
          token.codePoints().forEach(c -> bytes.write(ByteAlphabet.byteOf(c)));
        } else {
          bytes.writeBytes(token.getBytes(StandardCharsets.UTF_8));
        }
      }
      return List.of(Utf8.decodeLossy(bytes.toByteArray(), bytes.size()));
    }
  }

  /** The element {@code BPEDecoder}: the suffix ends a word, so it becomes a space, or nothing. */
  record WordSuffix(String suffix) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> parts = new ArrayList<>(tokens.size());
      for (int i = 0; i < tokens.size(); i++) {
        String end = i == tokens.size() - 1 ? "" : " ";
        parts.add(suffix.isEmpty() ? tokens.get(i) : tokens.get(i).replace(suffix, end));
      }
      return parts;
    }
  }

  /** Marks become spaces, except those of the first token where the scheme had put one there. */
  record Metaspace(int replacement, PreTokenizer.PrependScheme prependScheme, boolean split)
      implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      String mark = Character.toString(replacement);
      List<String> parts = new ArrayList<>(tokens.size());
      for (String token : tokens) {
        boolean prepended = parts.isEmpty() && prependScheme != PreTokenizer.PrependScheme.NEVER;
        parts.add(token.replace(mark, prepended ? "" : " "));
      }
      return parts;
    }
  }

  /**
   * Runs of byte tokens such as {@code <0xEC>} become text; bytes that are not text, U+FFFD each.
   */
  record ByteFallback() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> parts = new ArrayList<>(tokens.size());
      ByteArrayOutputStream run = new ByteArrayOutputStream();
      for (String token : tokens) {
        int b = byteOf(token);
        if (b >= 0) {
          run.write(b);
        } else {
          flush(run, parts);
          parts.add(token);
        }
      }
      flush(run, parts);
      return parts;
    }

    private static void flush(ByteArrayOutputStream run, List<String> parts) {
      if (run.size() == 0) {
        return;
      }
      byte[] bytes = run.toByteArray();
      parts.add(
          Utf8.isWellFormed(bytes, bytes.length)
              ? new String(bytes, StandardCharsets.UTF_8)
              : "\uFFFD".repeat(bytes.length));
      run.reset();
    }

    /** The byte of a token {@code <0xHH>}, or -1. */
    private static int byteOf(String token) {
      if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
        return -1;
      }
      int high = Character.digit(token.charAt(3), 16);
      int low = Character.digit(token.charAt(4), 16);
      return high < 0 || low < 0 ? -1 : (high << 4) | low;
    }
  }

  /** Joins all parts into one, for a decoder that follows. */
  record Fuse() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      return List.of(String.join("", tokens));
    }
  }

  /**
   * Takes a character off both ends of each part.
   *
   * @param content the character, one code point
   * @param start how many to take off the front at most
   * @param stop how many to take off the end at most
   */
  record Strip(int content, int start, int stop) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      return tokens.stream().map(this::strip).toList();
    }

    private String strip(String token) {
      int units = Character.charCount(content);
      int from = 0;
      for (int i = 0; i < start && from < token.length(); i++) {
        if (token.codePointAt(from) != content) {
          break;
        }
        from += units;
      }
      int to = token.length();
      for (int i = 0; i < stop && to > from; i++) {
        if (token.codePointBefore(to) != content) {
          break;
        }
        to -= units;
      }
      return token.substring(from, to);
    }
  }

  /** Replaces every match of a pattern in each part by a fixed content. */
  record Replace(TextPattern pattern, String content) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      Segmenter matches = Segmenter.of(pattern);
      return tokens.stream()
          .map(
              token -> Normalizer.replace(NormalizedText.of(token, false), matches, content).text())
          .toList();
    }
  }

  /** One after the other. */
  record Sequence(List<Decoder> decoders) implements Decoder {
    public Sequence {
      decoders = List.copyOf(decoders);
    }

    @Override
    public List<String> decode(List<String> tokens) {
      List<String> parts = tokens;
      for (Decoder decoder : decoders) {
        parts = decoder.decode(parts);
      }
      return parts;
    }
  }

  /** The parts of the text; there may be fewer or as many as tokens. */
  List<String> decode(List<String> tokens);
}
