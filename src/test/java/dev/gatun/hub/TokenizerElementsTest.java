package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatun.token.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Each element of the format with each of its options, in 93 small tokenizers that combine them at
 * random. The resource holds what the real library, tokenizers 0.22.2, made of texts that are hard
 * on purpose: combining marks, Hangul jamo, emoji, kinds of white space, empty pieces.
 */
final class TokenizerElementsTest {
  @TestFactory
  Stream<DynamicTest> everyElement() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (String line : lines()) {
      JsonNode recorded = RecordedEncodings.MAPPER.readTree(line);
      tests.add(dynamicTest("tokenizer " + tests.size(), () -> check(recorded)));
    }
    return tests.stream();
  }

  private static void check(JsonNode recorded) throws IOException {
    byte[] json = RecordedEncodings.MAPPER.writeValueAsBytes(recorded.get("tokenizer"));
    Tokenizer tokenizer = TokenizerJson.parse("tokenizer.json", json);
    Tokenizer again =
        TokenizerJson.parse(
            "again", TokenizerJson.format(tokenizer).getBytes(StandardCharsets.UTF_8));
    for (JsonNode expected : recorded.get("cases")) {
      RecordedEncodings.check(tokenizer, expected);
      RecordedEncodings.check(again, expected);
    }
  }

  private static List<String> lines() throws IOException {
    InputStream resource =
        TokenizerElementsTest.class.getResourceAsStream("/tokenizers/elements.jsonl");
    assertNotNull(resource, "elements.jsonl");
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    }
  }
}
