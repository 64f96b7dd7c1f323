package dev.gatun.token;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokenizers with one token for each code point: a byte pair encoding that merges nothing. */
public final class CharacterVocabulary {
  private CharacterVocabulary() {}

  /**
   * The tokenizer of the code points that occur in texts. Special tokens get the first ids, and
   * then the code points in order.
   *
   * @param unkToken one of the special tokens, which stands for any other code point; without it
   *     they vanish
   */
  public static Tokenizer of(
      Iterable<String> texts, List<String> specialTokens, @Nullable String unkToken) {
    BitSet codePoints = new BitSet();
    for (String text : texts) {
      text.codePoints().forEach(codePoints::set);
    }
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (String token : specialTokens) {
      ids.putIfAbsent(token, ids.size());
    }
    codePoints.stream().forEach(c -> ids.putIfAbsent(Character.toString(c), ids.size()));
    Bpe.Options options = new Bpe.Options(unkToken, null, null, false, false, false);
    Tokenizer.Builder builder =
        Tokenizer.builder(new Bpe(Vocabulary.of(ids), List.of(), options))
            .decoder(new Decoder.Fuse());
    specialTokens.forEach(token -> builder.add(AddedToken.special(token)));
    return builder.build();
  }
}
