package dev.gatun.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Puts special tokens around an encoded text, or trims offsets. Each record is an element of {@code
 * tokenizer.json} under {@code post_processor}, and does what the reference library's element of
 * that name does to a single text.
 */
public sealed interface PostProcessor {
  /** A part of a {@link Template}. */
  sealed interface Piece {}

  /** The place of a text: A, or B for the second of a pair. */
  record Text(boolean second, int typeId) implements Piece {}

  /** The place of a special token. */
  record Special(String id, int typeId) implements Piece {}

  /** The tokens that a special token of a template stands for, usually itself alone. */
  record SpecialTokens(List<Integer> ids, List<String> tokens) {
    public SpecialTokens {
      ids = List.copyOf(ids);
      tokens = List.copyOf(tokens);
      if (ids.size() != tokens.size()) {
        throw new IllegalArgumentException(
            "a special token has " + ids.size() + " ids and " + tokens.size() + " tokens");
      }
    }
  }

  /**
   * The element {@code TemplateProcessing}: special tokens before and after the text.
   *
   * @param single the order of parts for one text
   * @param pair the order for two texts; kept for the file, since only one is ever encoded here
   * @param specialTokens what each special piece stands for
   */
  record Template(List<Piece> single, List<Piece> pair, Map<String, SpecialTokens> specialTokens)
      implements PostProcessor {
    public Template {
      single = List.copyOf(single);
      pair = List.copyOf(pair);
      specialTokens = Map.copyOf(specialTokens);
      requireDefined(single, specialTokens);
      requireDefined(pair, specialTokens);
      if (single.stream().anyMatch(piece -> piece instanceof Text(boolean second, _) && second)) {
        throw new IllegalArgumentException("the template for a single text asks for a second one");
      }
    }

    private static void requireDefined(List<Piece> pieces, Map<String, SpecialTokens> defined) {
      for (Piece piece : pieces) {
        if (piece instanceof Special(String id, int _) && !defined.containsKey(id)) {
          throw new IllegalArgumentException(
              "the template uses the special token \"" + id + "\", which it does not define");
        }
      }
    }

    @Override
    public Encoding process(Encoding encoding, boolean addSpecialTokens) {
      List<Encoding> parts = new ArrayList<>();
      for (Piece piece : single) {
        switch (piece) {
          case Text _ -> parts.add(encoding);
          case Special(String id, int _) -> {
            if (addSpecialTokens) {
              parts.add(special(tokensOf(id)));
            }
          }
        }
      }
      return Encoding.concat(parts);
    }

    @Override
    public int[] processIds(int[] ids, boolean addSpecialTokens) {
      IntStream.Builder result = IntStream.builder();
      for (Piece piece : single) {
        switch (piece) {
          case Text _ -> Arrays.stream(ids).forEach(result);
          case Special(String id, int _) -> {
            if (addSpecialTokens) {
              tokensOf(id).ids.forEach(result::add);
            }
          }
        }
      }
      return result.build().toArray();
    }

    private SpecialTokens tokensOf(String id) {
      return Objects.requireNonNull(specialTokens.get(id), id);
    }

    private static Encoding special(SpecialTokens special) {
      int size = special.ids.size();
      boolean[] mask = new boolean[size];
      Arrays.fill(mask, true);
      int[] ids = special.ids.stream().mapToInt(Integer::intValue).toArray();
      return new Encoding(ids, special.tokens, new int[size], new int[size], mask);
    }
  }

  /**
   * The element {@code ByteLevel}: takes white space out of the offsets.
   *
   * @param addPrefixSpace whether a single leading space may be the pre-tokenizer's own
   * @param trimOffsets whether to do it at all
   * @param useRegex kept for the file
   */
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements PostProcessor {
    @Override
    public Encoding process(Encoding encoding, boolean addSpecialTokens) {
      if (!trimOffsets) {
        return encoding;
      }
      int[] starts = encoding.starts();
      int[] ends = encoding.ends();
      for (int i = 0; i < starts.length; i++) {
        int[] token = encoding.tokens().get(i).codePoints().toArray();
        int leading = 0;
        while (leading < token.length && isSpace(token[leading])) {
          leading++;
        }
        int trailing = 0;
        while (trailing < token.length && isSpace(token[token.length - 1 - trailing])) {
          trailing++;
        }
        boolean own = addPrefixSpace && leading == 1 && (i == 0 || starts[i] == 0);
        if (leading > 0 && !own) {
          starts[i] = Math.min(starts[i] + leading, ends[i]);
        }
        if (trailing > 0 && ends[i] >= trailing) {
          ends[i] = Math.max(ends[i] - trailing, starts[i]);
        }
      }
      return encoding.withOffsets(starts, ends);
    }

    @Override
    public int[] processIds(int[] ids, boolean addSpecialTokens) {
      return ids;
    }

    private static boolean isSpace(int codePoint) {
      return codePoint == ByteAlphabet.charOf(' ') || CodePoints.isWhiteSpace(codePoint);
    }
  }

  /** One after the other. */
  record Sequence(List<PostProcessor> processors) implements PostProcessor {
    public Sequence {
      processors = List.copyOf(processors);
    }

    @Override
    public Encoding process(Encoding encoding, boolean addSpecialTokens) {
      Encoding result = encoding;
      for (PostProcessor processor : processors) {
        result = processor.process(result, addSpecialTokens);
      }
      return result;
    }

    @Override
    public int[] processIds(int[] ids, boolean addSpecialTokens) {
      int[] result = ids;
      for (PostProcessor processor : processors) {
        result = processor.processIds(result, addSpecialTokens);
      }
      return result;
    }
  }

  /** The encoding with special tokens put in, if they are wanted. */
  Encoding process(Encoding encoding, boolean addSpecialTokens);

  /** The ids of what {@link #process} gives. */
  int[] processIds(int[] ids, boolean addSpecialTokens);
}
