package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.token.CleanUp;
import dev.gatun.token.Encoding;
import dev.gatun.token.StreamingDecoder;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every field of what the real library recorded, for tokenizers of every style. */
final class TokenizerGoldenTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> recordedEncodings() throws IOException {
    return SharedFiles.below("golden/tokenizers", "cases.jsonl").stream()
        .map(
            cases -> {
              Path home = cases.resolveSibling("tokenizer.json");
              return dynamicTest(
                  home.subpath(home.getNameCount() - 2, home.getNameCount() - 1).toString(),
                  () -> check(roundTrip(TokenizerJson.read(home)), cases));
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
      JsonNode expected = MAPPER.readTree(line);
      String text = expected.get("text").textValue();
      String about = MAPPER.writeValueAsString(text);
      Encoding encoding = tokenizer.encode(text, true);
      int[] ids = ints(expected.get("ids"));
      assertArrayEquals(ids, encoding.ids(), about);
      assertArrayEquals(ids, tokenizer.encodeIds(text, true), about);
      assertEquals(texts(expected.get("tokens")), encoding.tokens(), about);
      assertArrayEquals(
          ints(expected.get("ids_no_special")), tokenizer.encodeIds(text, false), about);
      for (int i = 0; i < ids.length; i++) {
        JsonNode offsets = expected.get("offsets").get(i);
        String token = about + ", token " + i;
        assertEquals(offsets.get(0).intValue(), encoding.start(i), token);
        assertEquals(offsets.get(1).intValue(), encoding.end(i), token);
        assertEquals(
            expected.get("special_tokens_mask").get(i).intValue() == 1,
            encoding.isSpecial(i),
            token);
      }
      checkDecoding(tokenizer, expected, ids, about);
    }
  }

  private static void checkDecoding(
      Tokenizer tokenizer, JsonNode expected, int[] ids, String about) {
    String kept = tokenizer.decode(ids, false);
    String skipped = tokenizer.decode(ids, true);
    assertEquals(expected.get("decode_keep").textValue(), kept, about);
    assertEquals(expected.get("decode_skip").textValue(), skipped, about);
    assertEquals(kept, streamed(tokenizer, ids, false), about);
    assertEquals(skipped, streamed(tokenizer, ids, true), about);
    if (expected.has("hf_decode_default")) {
      assertEquals(expected.get("hf_decode_default").textValue(), CleanUp.apply(kept), about);
      assertEquals(expected.get("hf_decode_no_cleanup").textValue(), kept, about);
      assertEquals(expected.get("hf_decode_skip").textValue(), CleanUp.apply(skipped), about);
    }
  }

  private static String streamed(Tokenizer tokenizer, int[] ids, boolean skipSpecialTokens) {
    StreamingDecoder decoder = new StreamingDecoder(tokenizer, skipSpecialTokens);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.add(id));
    }
    return text.append(decoder.finish()).toString();
  }

  @Test
  void realGpt2() throws IOException {
    Tokenizer tokenizer =
        TokenizerJson.read(SharedFiles.require("data/gpt2-tokenizer/tokenizer.json"));
    JsonNode golden =
        MAPPER.readTree(SharedFiles.require("data/gpt2-tokenizer/tokenizer_golden.json").toFile());
    assertEquals(50_257, tokenizer.vocabSize());
    assertEquals(50_257, tokenizer.idBound());
    for (JsonNode expected : golden.get("cases")) {
      String text = expected.get("text").textValue();
      int[] ids = ints(expected.get("ids"));
      assertArrayEquals(ids, tokenizer.encodeIds(text, true), text);
      assertEquals(expected.get("decoded").textValue(), tokenizer.decode(ids, false), text);
    }
  }

  @Test
  void realLlama() throws IOException {
    Tokenizer tokenizer =
        TokenizerJson.read(SharedFiles.require("data/stories260K/hf/tokenizer.json"));
    JsonNode golden =
        MAPPER.readTree(SharedFiles.require("data/stories260K/tokenizer_golden.json").toFile());
    for (JsonNode expected : golden) {
      String text = expected.get("text").textValue();
      assertArrayEquals(ints(expected.get("ids")), tokenizer.encodeIds(text, true), text);
      assertEquals(text, tokenizer.decode(tokenizer.encodeIds(text, true), true), text);
    }
  }

  private static int[] ints(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.textValue()));
    return texts;
  }
}
