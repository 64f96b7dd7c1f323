package dev.gatun.verify;

import dev.gatun.token.Bpe;
import dev.gatun.token.WordCounts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Replays merges on plain lists, counting all pairs afresh each time: the definition itself. */
final class GreedyMerges {
  private GreedyMerges() {}

  /** How many merges of a model are of a pair that another pair outnumbered at that point. */
  static long outnumbered(Bpe model, WordCounts counts) {
    Map<List<String>, Long> words = new HashMap<>();
    counts.forEach((word, times) -> words.merge(symbols(word, model.options()), times, Long::sum));
    Map<List<String>, Long> current = words;
    long outnumbered = 0;
    for (Bpe.Merge merge : model.merges()) {
      Map<Bpe.Merge, Long> pairs = pairs(current);
      long best = pairs.values().stream().mapToLong(Long::longValue).max().orElse(0);
      outnumbered += pairs.getOrDefault(merge, 0L) == best ? 0 : 1;
      Map<List<String>, Long> merged = new HashMap<>();
      current.forEach(
          (word, times) -> merged.merge(apply(merge, word, model.options()), times, Long::sum));
      current = merged;
    }
    return outnumbered;
  }

  private static List<String> symbols(String word, Bpe.Options options) {
    List<String> symbols = new ArrayList<>();
    int[] codePoints = word.codePoints().toArray();
    for (int i = 0; i < codePoints.length; i++) {
      symbols.add(options.decorate(codePoints[i], i == 0, i == codePoints.length - 1));
    }
    return symbols;
  }

  private static Map<Bpe.Merge, Long> pairs(Map<List<String>, Long> words) {
    Map<Bpe.Merge, Long> pairs = new HashMap<>();
    words.forEach(
        (word, times) -> {
          for (int i = 1; i < word.size(); i++) {
            pairs.merge(new Bpe.Merge(word.get(i - 1), word.get(i)), times, Long::sum);
          }
        });
    return pairs;
  }

  private static List<String> apply(Bpe.Merge merge, List<String> word, Bpe.Options options) {
    List<String> result = new ArrayList<>();
    for (int i = 0; i < word.size(); ) {
      boolean here =
          i + 1 < word.size()
              && word.get(i).equals(merge.left())
              && word.get(i + 1).equals(merge.right());
      result.add(here ? merge.left() + options.withoutPrefix(merge.right()) : word.get(i));
      i += here ? 2 : 1;
    }
    return result;
  }
}
