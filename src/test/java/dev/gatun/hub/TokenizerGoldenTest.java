package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every field of what the real library recorded, for tokenizers of every style. */
final class TokenizerGoldenTest {
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> recordedEncodings() throws IOException {
    return SharedFiles.below("golden/tokenizers", "cases.jsonl").stream()
        .map(
            cases -> {
              Path home = cases.resolveSibling("tokenizer.json");
              String name = home.getName(home.getNameCount() - 2).toString();
              return dynamicTest(name, () -> check(roundTrip(TokenizerJson.read(home)), cases));
            });
  }

  /** What was written and read again has to encode as the original does. */
  private Tokenizer roundTrip(Tokenizer tokenizer) {
    Path file = folder.resolve("tokenizer.json");
    TokenizerJson.write(file, tokenizer);
    return TokenizerJson.read(file);
  }

  private static void check(Tokenizer tokenizer, Path cases) throws IOException {
    for (String line : Files.readAllLines(cases)) {
      RecordedEncodings.check(tokenizer, RecordedEncodings.MAPPER.readTree(line));
    }
  }

  @Test
  void realGpt2() throws IOException {
    Tokenizer tokenizer =
        TokenizerJson.read(SharedFiles.require("data/gpt2-tokenizer/tokenizer.json"));
    assertEquals(50_257, tokenizer.vocabSize());
    assertEquals(50_257, tokenizer.idBound());
    JsonNode golden = read("data/gpt2-tokenizer/tokenizer_golden.json");
    for (JsonNode expected : golden.get("cases")) {
      String text = expected.get("text").textValue();
      int[] ids = RecordedEncodings.ints(expected.get("ids"));
      assertArrayEquals(ids, tokenizer.encodeIds(text, true), text);
      assertEquals(expected.get("decoded").textValue(), tokenizer.decode(ids, false), text);
    }
  }

  @Test
  void realLlama() throws IOException {
    Tokenizer tokenizer =
        TokenizerJson.read(SharedFiles.require("data/stories260K/hf/tokenizer.json"));
    for (JsonNode expected : read("data/stories260K/tokenizer_golden.json")) {
      String text = expected.get("text").textValue();
      int[] ids = RecordedEncodings.ints(expected.get("ids"));
      assertArrayEquals(ids, tokenizer.encodeIds(text, true), text);
      assertEquals(text, tokenizer.decode(ids, true), text);
    }
  }

  private static JsonNode read(String path) throws IOException {
    return RecordedEncodings.MAPPER.readTree(SharedFiles.require(path).toFile());
  }
}
