package dev.gatun.token;

import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;

/**
 * The ids of single characters at each of the four places in a word: first or not, where a prefix
 * may come before them, and last or not, where a suffix may come after.
 */
final class CharacterIds {
  private final String prefix;
  private final String suffix;
  private final Int2IntOpenHashMap[] ids = new Int2IntOpenHashMap[4];

  CharacterIds(Vocabulary vocabulary, Bpe.Options options) {
    prefix = options.continuingSubwordPrefix() == null ? "" : options.continuingSubwordPrefix();
    suffix = options.endOfWordSuffix() == null ? "" : options.endOfWordSuffix();
    for (int place = 0; place < ids.length; place++) {
      ids[place] = new Int2IntOpenHashMap();
      ids[place].defaultReturnValue(Vocabulary.ABSENT);
    }
    for (int id = 0; id < vocabulary.idBound(); id++) {
      String token = vocabulary.token(id);
      if (token != null) {
        for (int place = 0; place < ids.length; place++) {
          add(place, token, id);
        }
      }
    }
  }

  private void add(int place, String token, int id) {
    String before = (place & 1) == 0 ? "" : prefix;
    String after = (place & 2) == 0 ? "" : suffix;
    int length = token.length() - before.length() - after.length();
    if (length < 1 || length > 2 || !token.startsWith(before) || !token.endsWith(after)) {
      return;
    }
    int codePoint = token.codePointAt(before.length());
    if (Character.charCount(codePoint) == length) {
      ids[place].put(codePoint, id);
    }
  }

  /** The id of a character at a place, or {@link Vocabulary#ABSENT}. */
  int id(int codePoint, boolean first, boolean last) {
    return ids[(first ? 0 : 1) | (last ? 2 : 0)].get(codePoint);
  }
}
