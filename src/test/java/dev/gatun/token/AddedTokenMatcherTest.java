package dev.gatun.token;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** White space that one token swallows and another begins with; the real library gave the parts. */
class AddedTokenMatcherTest {
  private static final AddedTokenMatcher MATCHER =
      new AddedTokenMatcher(
          List.of(
              candidate("tok", false, true, 0),
              candidate(" x", false, false, 1),
              candidate(" z", true, true, 2)));

  @ParameterizedTest
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      delimiter = '|',
      value = {
        "tok  x y|0-5 4-6 6-8",
        "tok  xy|0-5 4-6 6-7",
        "tok   z  z x|0-6 6-9 9-11 10-12",
        "a  z b|0-1 1-5 5-6",
      })
  void overlaps(String text, String parts) {
    List<String> found = new ArrayList<>();
    MATCHER.match(text, (from, to, _) -> found.add(from + "-" + to));
    assertEquals(parts, String.join(" ", found));
  }

  private static AddedTokenMatcher.Candidate candidate(
      String content, boolean lstrip, boolean rstrip, int id) {
    AddedToken token = new AddedToken(content, false, lstrip, rstrip, false, false);
    return new AddedTokenMatcher.Candidate(token, content, id);
  }
}
