package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.data.Collator;
import dev.gatun.data.DataRow;
import dev.gatun.data.MarkedEncoder;
import dev.gatun.data.RowForm;
import dev.gatun.data.RowSchema;
import dev.gatun.data.TokenRows;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Ids and loss masks of conversations are those of transformers 5.18, {@code
 * apply_chat_template(return_assistant_tokens_mask=True)}, for tokenizers of all kinds and messages
 * with marks of turns, several code points to a character, and several tokens to a code point. (Not
 * among the cases: answers that begin with a character without a token, which transformers does not
 * find and so leaves out, with all that follow.)
 */
class ChatMasksTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TestFactory
  Stream<DynamicTest> masks() throws IOException {
    SharedFiles.require("golden/tokenizers");
    try (InputStream in = ChatMasksTest.class.getResourceAsStream("/chat-templates/masks.json")) {
      JsonNode file = MAPPER.readTree(in);
      return file
          .get("cases")
          .valueStream()
          .collect(
              Collectors.groupingBy(
                  one -> one.get("tokenizer").textValue() + " " + one.get("template").textValue()))
          .entrySet()
          .stream()
          .map(
              group ->
                  dynamicTest(
                      group.getKey(), () -> check(file.get("templates"), group.getValue())));
    }
  }

  private static void check(JsonNode templates, List<JsonNode> cases) {
    String name = cases.getFirst().get("tokenizer").textValue();
    String template = templates.get(cases.getFirst().get("template").textValue()).textValue();
    // Without its configuration, as the cases were made
    TokenizerFolder tokenizer =
        TokenizerFolder.of(
                TokenizerJson.read(
                    SharedFiles.require("golden/tokenizers/" + name + "/tokenizer.json")))
            .withAdditionalSpecialTokens(List.of("<|im_start|>", "<|im_end|>"))
            .withToken(TokenizerFolder.Role.BOS, "<B>")
            .withToken(TokenizerFolder.Role.EOS, "<E>")
            .withChatTemplate(template);
    MarkedEncoder encoder = new MarkedEncoder(tokenizer.tokenizer(), OptionalInt.empty(), true);
    for (JsonNode one : cases) {
      List<Map<String, Object>> messages =
          MAPPER.convertValue(one.get("messages"), new TypeReference<>() {});
      TokenRows.Builder rows = new TokenRows.Builder();
      encoder.encode(
          RowSchema.MESSAGES
              .form(Map.of(), tokenizer.chat().orElseThrow(), RowForm.Learned.ASSISTANT)
              .of(new DataRow("row", Map.of("messages", messages))),
          rows);
      int[] ids = rows.build().row(0);
      int[] labels = rows.build().labels(0);
      assertArrayEquals(MAPPER.convertValue(one.get("ids"), int[].class), ids, messages.toString());
      String mask =
          IntStream.of(labels)
              .mapToObj(label -> label == Collator.IGNORED ? "0" : "1")
              .collect(Collectors.joining());
      assertEquals(one.get("mask").textValue(), mask, messages.toString());
    }
  }
}
