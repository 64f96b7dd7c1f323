package dev.gatun.token;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds added tokens in a text: from the left, the longest that stands there. A token whose flags
 * refuse the place is skipped over as a whole. White space that a token swallows can itself begin
 * the next one, which then overlaps it. All of this as the reference library does.
 */
final class AddedTokenMatcher {
  /** One token, the string it is looked for as, and its id. */
  record Candidate(AddedToken token, String written, int id) {}

  /** Receives the text between tokens, with no token, and the tokens. */
  @FunctionalInterface
  interface Sink {
    void part(int from, int to, int id);
  }

  /** The id that a {@link Sink} is given for text between tokens. */
  static final int NO_TOKEN = -1;

  private final Map<Character, List<Candidate>> byFirstUnit = new HashMap<>();

  /** For each UTF-16 unit, whether a token begins with it: most text holds none at all. */
  private final long[] firstUnits = new long[1 << 10];

  AddedTokenMatcher(List<Candidate> candidates) {
    for (Candidate candidate : candidates) {
      if (candidate.written.isEmpty()) {
        continue;
      }
      char first = candidate.written.charAt(0);
      byFirstUnit.computeIfAbsent(first, unit -> new ArrayList<>()).add(candidate);
      firstUnits[first >>> 6] |= 1L << first;
    }
    Comparator<Candidate> byLength = Comparator.comparingInt(c -> c.written.length());
    byFirstUnit.values().forEach(list -> list.sort(byLength.reversed()));
  }

  void match(String text, Sink sink) {
    int done = 0;
    int at = 0;
    while (!byFirstUnit.isEmpty() && at < text.length()) {
      Candidate found = longestAt(text, at);
      if (found == null) {
        at++;
        continue;
      }
      int start = at;
      int end = at + found.written.length();
      at = end;
      if (found.token.singleWord() && touchesWord(text, start, end)) {
        continue;
      }
      if (found.token.lstrip()) {
        start = Math.max(done, spaceBefore(text, start));
      }
      if (found.token.rstrip()) {
        end = spaceAfter(text, end);
      }
      if (start >= end) {
        continue; // another token has swallowed all of it
      }
      if (done < start) {
        sink.part(done, start, NO_TOKEN);
      }
      sink.part(start, end, found.id);
      done = end;
    }
    if (done < text.length()) {
      sink.part(done, text.length(), NO_TOKEN);
    }
  }

  private @Nullable Candidate longestAt(String text, int at) {
    char first = text.charAt(at);
    if ((firstUnits[first >>> 6] & 1L << first) == 0) {
      return null;
    }
    for (Candidate candidate : byFirstUnit.getOrDefault(first, List.of())) {
      if (text.startsWith(candidate.written, at)) {
        return candidate;
      }
    }
    return null;
  }

  private static boolean touchesWord(String text, int start, int end) {
    return (start > 0 && CodePoints.isWord(text.codePointBefore(start)))
        || (end < text.length() && CodePoints.isWord(text.codePointAt(end)));
  }

  private static int spaceBefore(String text, int end) {
    int start = end;
    while (start > 0 && CodePoints.isWhiteSpace(text.charAt(start - 1))) {
      start--;
    }
    return start;
  }

  private static int spaceAfter(String text, int start) {
    int end = start;
    while (end < text.length() && CodePoints.isWhiteSpace(text.charAt(end))) {
      end++;
    }
    return end;
  }
}
