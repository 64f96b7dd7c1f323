package dev.gatun.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Expressions made at random, half of them with boundaries of words, and the pieces into which the
 * real library, tokenizers 0.22.2, cuts texts by them ({@code Split}, isolated).
 */
final class OnigurumaTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TestFactory
  Stream<DynamicTest> cutsLikeTheReference() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (String line : lines()) {
      JsonNode recorded = MAPPER.readTree(line);
      String regex = recorded.get("regex").textValue();
      tests.add(dynamicTest(regex, () -> check(regex, recorded.get("cases"))));
    }
    return tests.stream();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[\\b]; \"\\b\" in a class",
        "a\\G; \"\\G\"",
        "(?<=a?+)b; a possessive quantifier in a look-behind",
        "(?<=a+)b; a repetition without end in a look-behind",
        "(?<!a{2,})b; a repetition without end in a look-behind",
        "(?i:[a-z]); an i, a range",
      })
  void whatWouldNotMatchTheSameIsRefused(String regex, String named) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new TextPattern.Regex(regex)).toString();

    assertTrue(message.contains(named), message);
  }

  /** Recorded from the same library: a stem of a musical note is a mark, and so of a word. */
  @ParameterizedTest
  @CsvSource({"\\b, 4", "(?<=\\p{M}), 2"})
  void looksBackOverCharactersBeyondTheBasicPlane(String regex, int pieces) {
    String text = "a\uD834\uDD57\uD834\uDD65>";
    List<String> cut = new ArrayList<>();
    Segmenter segmenter = Segmenter.of(new TextPattern.Regex(regex));

    segmenter.segments(text, 0, text.length(), (from, to, _) -> add(cut, text, from, to));

    assertEquals(pieces, cut.size(), cut.toString());
  }

  private static void check(String regex, JsonNode cases) {
    Segmenter segmenter = Segmenter.of(new TextPattern.Regex(regex));
    for (JsonNode expected : cases) {
      String text = expected.get(0).textValue();
      List<String> pieces = new ArrayList<>();
      segmenter.segments(text, 0, text.length(), (from, to, _) -> add(pieces, text, from, to));
      assertEquals(expected.get(1).valueStream().map(JsonNode::textValue).toList(), pieces, text);
    }
  }

  /** Empty matches cut as well, and leave no piece. */
  private static void add(List<String> pieces, String text, int from, int to) {
    if (from < to) {
      pieces.add(text.substring(from, to));
    }
  }

  private static List<String> lines() throws IOException {
    try (InputStream resource =
        OnigurumaTest.class.getResourceAsStream("/tokenizers/patterns.jsonl")) {
      assertNotNull(resource, "patterns.jsonl");
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
