package dev.gatun.token;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.util.ArrayList;
import java.util.List;

/** The tokens of a model in training, numbered as they come, and their lengths in characters. */
final class GrowingVocabulary {
  private final Object2IntOpenHashMap<String> ids = new Object2IntOpenHashMap<>();
  private final List<String> tokens = new ArrayList<>();
  private final IntArrayList lengths = new IntArrayList();

  int size() {
    return tokens.size();
  }

  /** The id of a token; a new one gets the next id and the length of a single character. */
  int idOf(String token) {
    return ids.computeIfAbsent(
        token,
        (String added) -> {
          tokens.add(added);
          lengths.add(1);
          return tokens.size() - 1;
        });
  }

  String token(int id) {
    return tokens.get(id);
  }

  int length(int id) {
    return lengths.getInt(id);
  }

  void setLength(int id, int length) {
    lengths.set(id, length);
  }

  Vocabulary toVocabulary() {
    return Vocabulary.of(ids);
  }
}
