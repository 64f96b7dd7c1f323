package dev.gatun.token;

import static java.nio.charset.StandardCharsets.UTF_8;

import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Byte pair encoding: a word starts as its characters, and then the pair of neighbours with the
 * lowest rank is merged, the leftmost first, until no pair is in the table.
 *
 * <p>Sennrich, Haddow, Birch: "Neural Machine Translation of Rare Words with Subword Units", ACL
 * 2016, algorithm 1, with the options of the reference library's model of type {@code BPE}.
 */
public final class Bpe {
  /** Two tokens that become one; their place in the list is their rank. */
  public record Merge(String left, String right) {}

  /**
   * The options of the model, under their names in {@code tokenizer.json}.
   *
   * @param unkToken stands for a character outside the vocabulary; without it such a character
   *     vanishes, and the offsets of what follows it in its word move to the left
   * @param continuingSubwordPrefix put before each character of a word but the first
   * @param endOfWordSuffix put after the last character of a word
   * @param fuseUnk whether neighbouring unknown characters share one unkToken
   * @param byteFallback whether an unknown character becomes its bytes, {@code <0xEC>}, if the
   *     vocabulary has them all
   * @param ignoreMerges whether a word that is itself a token is taken as it is
   */
  public record Options(
      @Nullable String unkToken,
      @Nullable String continuingSubwordPrefix,
      @Nullable String endOfWordSuffix,
      boolean fuseUnk,
      boolean byteFallback,
      boolean ignoreMerges) {
    /** All off. */
    public static final Options PLAIN = new Options(null, null, null, false, false, false);

    /** A character as it is written at its place in a word. */
    public String decorate(int codePoint, boolean first, boolean last) {
      String before = first || continuingSubwordPrefix == null ? "" : continuingSubwordPrefix;
      String after = !last || endOfWordSuffix == null ? "" : endOfWordSuffix;
      return before + Character.toString(codePoint) + after;
    }

    /** A token as it is written behind another. */
    public String withoutPrefix(String token) {
      return continuingSubwordPrefix != null && token.startsWith(continuingSubwordPrefix)
          ? token.substring(continuingSubwordPrefix.length())
          : token;
    }
  }

  private static final int ABSENT = Vocabulary.ABSENT;

  private final Vocabulary vocabulary;
  private final Options options;
  private final int[] left;
  private final int[] right;

  /** A pair of ids, left in the upper half, to its rank in the upper half and the merged id. */
  private final Long2LongOpenHashMap merges;

  private final CharacterIds characters;
  private final int[] byteIds = new int[256];
  private final int unkId;

  /**
   * A model from its parts. Every merge's parts and result must be in the vocabulary, and so must
   * the unkToken.
   */
  public Bpe(Vocabulary vocabulary, List<Merge> mergeList, Options options) {
    this.vocabulary = vocabulary;
    this.options = options;
    this.left = new int[mergeList.size()];
    this.right = new int[mergeList.size()];
    this.merges = new Long2LongOpenHashMap(mergeList.size());
    this.characters = new CharacterIds(vocabulary, options);
    this.unkId = options.unkToken == null ? ABSENT : required(options.unkToken, "the unk_token");
    merges.defaultReturnValue(ABSENT);
    int prefix = length(options.continuingSubwordPrefix);
    for (int rank = 0; rank < left.length; rank++) {
      Merge merge = mergeList.get(rank);
      String where = "merge " + rank + " (\"" + merge.left + "\" \"" + merge.right + "\"), part";
      left[rank] = required(merge.left, where);
      right[rank] = required(merge.right, where);
      String tail = merge.right.substring(Math.min(prefix, merge.right.length()));
      long merged = required(merge.left + tail, where);
      merges.put(pair(left[rank], right[rank]), ((long) rank << 32) | merged);
    }
    for (int b = 0; b < 256; b++) {
      byteIds[b] = vocabulary.idOrAbsent(byteToken(b));
    }
  }

  public Vocabulary vocabulary() {
    return vocabulary;
  }

  public Options options() {
    return options;
  }

  /** The merges in order of rank. */
  public List<Merge> merges() {
    List<Merge> list = new ArrayList<>(left.length);
    for (int rank = 0; rank < left.length; rank++) {
      list.add(new Merge(token(left[rank]), token(right[rank])));
    }
    return list;
  }

  /** The rank of a pair in the upper half and the id it becomes in the lower, or -1. */
  long merge(int leftId, int rightId) {
    return merges.get(pair(leftId, rightId));
  }

  /** Encodes one word into a workspace, which holds the tokens afterwards. */
  void encode(String word, BpeWorkspace workspace) {
    workspace.clear();
    if (options.ignoreMerges) {
      int id = vocabulary.idOrAbsent(word);
      if (id != ABSENT) {
        workspace.add(id, utf8Length(word));
        return;
      }
    }
    split(word, workspace);
    workspace.merge(this);
  }

  /** The word's characters as symbols. */
  private void split(String word, BpeWorkspace workspace) {
    int unknownBytes = 0;
    for (int i = 0; i < word.length(); ) {
      int codePoint = word.codePointAt(i);
      int next = i + Character.charCount(codePoint);
      int bytes = Utf8.length(codePoint);
      boolean first = i == 0;
      boolean last = next == word.length();
      int id = characters.id(codePoint, first, last);
      if (id != ABSENT) {
        if (unknownBytes > 0) {
          workspace.add(unkId, unknownBytes);
          unknownBytes = 0;
        }
        workspace.add(id, bytes);
      } else if (!(options.byteFallback && addBytes(codePoint, first, last, workspace))
          && unkId != ABSENT) {
        if (unknownBytes > 0 && !options.fuseUnk) {
          workspace.add(unkId, unknownBytes);
          unknownBytes = 0;
        }
        unknownBytes += bytes;
      }
      i = next;
    }
    if (unknownBytes > 0) {
      workspace.add(unkId, unknownBytes);
    }
  }

  /** The bytes of a character with its prefix and suffix, if the vocabulary has every one. */
  private boolean addBytes(int codePoint, boolean first, boolean last, BpeWorkspace workspace) {
    byte[] bytes = options.decorate(codePoint, first, last).getBytes(UTF_8);
    for (byte b : bytes) {
      if (byteIds[b & 0xFF] == ABSENT) {
        return false;
      }
    }
    for (byte b : bytes) {
      workspace.add(byteIds[b & 0xFF], 1);
    }
    return true;
  }

  /** How the vocabulary writes a byte, given as 0 .. 255. */
  static String byteToken(int b) {
    return String.format(Locale.ROOT, "<0x%02X>", b);
  }

  private int required(String token, String where) {
    int id = vocabulary.idOrAbsent(token);
    if (id == ABSENT) {
      throw new IllegalArgumentException(where + ": \"" + token + "\" is not in the vocabulary");
    }
    return id;
  }

  private String token(int id) {
    return Objects.requireNonNull(vocabulary.token(id), "id " + id);
  }

  private static long pair(int leftId, int rightId) {
    return ((long) leftId << 32) | rightId;
  }

  private static int length(@Nullable String affix) {
    return affix == null ? 0 : affix.length();
  }

  private static int utf8Length(String text) {
    return text.codePoints().map(Utf8::length).sum();
  }
}
