package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.token.CleanUp;
import dev.gatun.token.Encoding;
import dev.gatun.token.StreamingDecoder;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** Compares a tokenizer with what the real library recorded for a text, in every field. */
final class RecordedEncodings {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private RecordedEncodings() {}

  static void check(Tokenizer tokenizer, JsonNode expected) throws IOException {
    String text = expected.get("text").textValue();
    String about = MAPPER.writeValueAsString(text);
    Encoding encoding = tokenizer.encode(text, true);
    int[] ids = ints(expected.get("ids"));
    assertArrayEquals(ids, encoding.ids(), about);
    assertArrayEquals(ids, tokenizer.encodeIds(text, true), about);
    assertEquals(texts(expected.get("tokens")), encoding.tokens(), about);
    int[] plain = ints(expected.get("ids_no_special"));
    assertArrayEquals(plain, tokenizer.encodeIds(text, false), about);
    assertArrayEquals(plain, tokenizer.encode(text, false).ids(), about);
    for (int i = 0; i < ids.length; i++) {
      JsonNode offsets = expected.get("offsets").get(i);
      String token = about + ", token " + i;
      assertEquals(offsets.get(0).intValue(), encoding.start(i), token);
      assertEquals(offsets.get(1).intValue(), encoding.end(i), token);
      boolean special = expected.get("special_tokens_mask").get(i).intValue() == 1;
      assertEquals(special, encoding.isSpecial(i), token);
    }
    checkDecoding(tokenizer, expected, ids, about);
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

  static int[] ints(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.textValue()));
    return texts;
  }
}
