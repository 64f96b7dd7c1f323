package dev.gatun.token;

import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Tokens and their ids, one to one. Ids may leave gaps. */
public final class Vocabulary {
  /** Far above any real vocabulary; guards the table that an absurd id would need. */
  private static final int MAX_ID = (1 << 24) - 1;

  static final int ABSENT = -1;

  private final Object2IntOpenHashMap<String> ids;
  private final @Nullable String[] tokens;

  private Vocabulary(Object2IntOpenHashMap<String> ids, @Nullable String[] tokens) {
    this.ids = ids;
    this.tokens = tokens;
  }

  /** The vocabulary of these tokens, each with its id. */
  public static Vocabulary of(Map<String, Integer> idOfToken) {
    Object2IntOpenHashMap<String> ids = new Object2IntOpenHashMap<>(idOfToken.size());
    ids.defaultReturnValue(ABSENT);
    @Nullable String[] tokens = new @Nullable String[idOfToken.size()];
    for (Map.Entry<String, Integer> entry : idOfToken.entrySet()) {
      String token = entry.getKey();
      int id = entry.getValue();
      if (id < 0 || id > MAX_ID) {
        throw new IllegalArgumentException(
            "the id " + id + " of token \"" + token + "\" is not in 0 .. " + MAX_ID);
      }
      if (id >= tokens.length) {
        tokens = Arrays.copyOf(tokens, Math.max(id + 1, tokens.length * 2));
      }
      if (tokens[id] != null) {
        throw new IllegalArgumentException(
            "the tokens \"" + tokens[id] + "\" and \"" + token + "\" share the id " + id);
      }
      tokens[id] = token;
      ids.put(token, id);
    }
    return new Vocabulary(ids, tokens);
  }

  /** The number of tokens. */
  public int size() {
    return ids.size();
  }

  /** The id of a token. */
  public OptionalInt id(String token) {
    int id = ids.getInt(token);
    return id == ABSENT ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The id of a token, or {@link #ABSENT}. */
  int idOrAbsent(String token) {
    return ids.getInt(token);
  }

  /** The token of an id; null for an id that none has. */
  public @Nullable String token(int id) {
    return id >= 0 && id < tokens.length ? tokens[id] : null;
  }

  /** One more than the largest id. */
  public int idBound() {
    int bound = tokens.length;
    while (bound > 0 && tokens[bound - 1] == null) {
      bound--;
    }
    return bound;
  }
}
