package dev.gatun.hub;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** "Did you mean": the known word closest to a mistyped one. */
public final class Suggestion {
  private static final int MAX_LENGTH = 200;

  private Suggestion() {}

  /** The end of a message: {@code ; did you mean "hidden_size"?}, or nothing. */
  public static String among(Collection<String> known, String word) {
    return closest(known, word).map(w -> "; did you mean " + Quoted.of(w) + "?").orElse("");
  }

  /**
   * The known word with the least distance, at most a third of the letters, the first of equals;
   * case does not count.
   */
  public static Optional<String> closest(Collection<String> known, String word) {
    if (word.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    int tolerated = Math.max(1, word.length() / 3);
    return known.stream()
        .filter(candidate -> Math.abs(candidate.length() - word.length()) <= tolerated)
        .map(candidate -> new Candidate(candidate, distance(candidate, word)))
        .filter(candidate -> candidate.distance <= tolerated)
        .min(Comparator.comparingInt(Candidate::distance))
        .map(Candidate::word);
  }

  private record Candidate(String word, int distance) {}

  /** Levenshtein distance, with two rows of the table. */
  static int distance(String a, String b) {
    int[] above = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = above[j - 1] + (same(a.charAt(i - 1), b.charAt(j - 1)) ? 0 : 1);
        row[j] = Math.min(substitution, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[b.length()];
  }

  private static boolean same(char a, char b) {
    return Character.toLowerCase(a) == Character.toLowerCase(b);
  }
}
