package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DataException;
import dev.gatun.core.UserException;
import dev.gatun.data.Collator;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.TokenizerFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingDataTest {
  @TempDir private Path folder;

  private static final List<String> MARKS =
      List.of("<|prompt|>", "<|assistant|>", "<|endofanswer|>");

  @Test
  void spansAndTheResponseTemplateAgreeOnTheRecipesRows() throws IOException {
    rows(
        "{\"instruction\":\"one\",\"output\":\"two\"}",
        "{\"instruction\":\"a\",\"output\":\"b c\"}");
    TrainingData spans = data("");
    TrainingData template = data(", \"response_template\": \"<|assistant|>\"");
    assertEquals(2, spans.train().size());
    for (int row = 0; row < 2; row++) {
      // trl trains the space before the answer too; by its span it belongs to the prompt.
      assertEquals(targets(template, row), targets(spans, row) + 1);
    }
    assertEquals(0, spans.report().untrained());
  }

  @Test
  void aRunThatWouldTrainNothingIsRefused() throws IOException {
    rows("{\"instruction\":\"one\",\"output\":\"two\"}");
    String missing = refusal(", \"response_template\": \"Answer:\"");
    assertTrue(missing.contains("no token would be trained"), missing);
    assertTrue(missing.contains("'Answer:' does not occur"), missing);
    String cut = refusal(", \"context_length\": 3");
    assertTrue(cut.contains("data.context_length"), cut);
  }

  @Test
  void otherColumnsAndTemplatesAndSplits() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(file, "{\"q\":\"x\",\"a\":\"y\"}\n".repeat(10));
    String keys =
        ", \"schema\": \"alpaca\", \"columns\": {\"instruction\": \"q\", \"output\": \"a\"},"
            + " \"template\": \"{instruction}={output}\", \"test_size\": 0.2";
    TrainingData data = data(keys);
    assertEquals(8, data.train().size());
    assertEquals(2, data.validation().orElseThrow().size());
    assertEquals(1, targets(data, 0));
    assertThrows(UserException.class, () -> data(", \"columns\": {\"instruction\": \"q\"}"));
    assertThrows(UserException.class, () -> data(", \"instruction_template\": \"q\""));
    assertThrows(UserException.class, () -> data(keys + ", \"turns\": {\"user\": \"no\"}"));
  }

  @Test
  void conversationsAreWrittenByTheChatTemplate() throws IOException {
    rows(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"ab\"},"
            + "{\"role\":\"assistant\",\"content\":\"cde\"}]}");
    Path template = folder.resolve("chat.jinja");
    Files.writeString(
        template,
        "{% for m in messages %}{{ m.role[0] }}{{ m.content }}{{ eos_token }}{% endfor %}"
            + "{{ 'a' if add_generation_prompt }}");
    String path = ", \"chat_template_path\": \"" + template + "\"";
    TrainingData chat = data(path);
    assertEquals("uab<|endoftext|>acde<|endoftext|>".length() - 24, chat.train().length(0));
    assertEquals(4, targets(chat, 0), "c d e and the end");
    assertEquals(8, targets(data(path + ", \"loss_on\": \"all\""), 0), "all but the first");
    assertEquals(8, targets(data(path + ", \"assistant_only_loss\": false"), 0));
    assertEquals(4, targets(data(path + ", \"assistant_only_loss\": true"), 0));
    assertEquals(4, targets(data(path + ", \"completion_only_loss\": false"), 0));
    String turns = ", \"turns\": {\"user\": \"{content}\", \"assistant\": \"={content}\"}";
    assertEquals(3, targets(data(turns), 0));
    refused("turns and chat_template_path are two answers", path + turns);
    refused(
        "loss_on and assistant_only_loss", ", \"loss_on\": \"all\", \"assistant_only_loss\": true");
    refused("response_template", ", \"assistant_only_loss\": true, \"response_template\": \"a\"");
    refused(
        "data.completion_only_loss: the rows are not prompts", ", \"completion_only_loss\": true");
    refused("no-such.jinja: there is no such file", path.replace("chat.jinja", "no-such.jinja"));
    refused(folder + ": has no chat template", ", \"chat_template_path\": \"" + folder + "\"");
    Files.writeString(template, "{{ messages[0].content + 1 }}");
    refused("rows.jsonl, line 1: column 'messages' cannot be written: chat template: line 1", path);
  }

  @Test
  void completionsAndTextKnowTheirOwnNames() throws IOException {
    rows("{\"prompt\":\"ab\",\"completion\":\"cde\"}");
    assertEquals(3, targets(data(", \"completion_only_loss\": true"), 0));
    assertEquals(4, targets(data(", \"completion_only_loss\": false"), 0));
    refused("the rows are not conversations", ", \"assistant_only_loss\": true");
    rows("{\"text\":\"ab\"}");
    refused("the rows are not prompts with", ", \"completion_only_loss\": true");
  }

  @Test
  void completionsThatAreConversations() throws IOException {
    String prompt = "{\"ask\":[{\"role\":\"user\",\"content\":\"ab\"}],";
    rows(
        prompt
            + "\"completion\":[{\"role\":\"assistant\",\"content\":\"cde\"},"
            + "{\"role\":\"user\",\"content\":\"f\"}]}");
    Path template = folder.resolve("chat.jinja");
    Files.writeString(
        template,
        "{% for m in messages %}{{ m.role[0] }}{{ m.content }}{% endfor %}"
            + "{{ 'a' if add_generation_prompt }}");
    String keys =
        ", \"schema\": \"prompt_completion\", \"columns\": {\"prompt\": \"ask\"},"
            + " \"chat_template_path\": \""
            + template
            + "\"";
    assertEquals("uabacdeuf".length(), data(keys).train().length(0));
    assertEquals(5, targets(data(keys), 0), "c d e u f");
    assertEquals(5, targets(data(keys + ", \"completion_only_loss\": true"), 0));
    assertEquals(8, targets(data(keys + ", \"completion_only_loss\": false"), 0));
    assertEquals(8, targets(data(keys + ", \"loss_on\": \"all\""), 0));
    assertEquals(3, targets(data(keys + ", \"assistant_only_loss\": true"), 0));
    String turns = ", \"turns\": {\"user\": \"{content}\", \"assistant\": \"={content}\"}";
    assertEquals(4, targets(data(keys.replaceAll(", \"chat_.*", turns)), 0));
    rows(prompt + "\"completion\":\"cde\"}");
    refused("rows.jsonl, line 1: column 'completion' must be a list, but is a text", keys);
  }

  private void refused(String message, String keys) {
    String given = assertThrows(UserException.class, () -> data(keys)).getMessage();
    assertTrue(String.valueOf(given).contains(message), given);
  }

  private static int targets(TrainingData data, int row) {
    Collator collator = data.collator();
    return collator.targets(data.train(), row);
  }

  private String refusal(String keys) {
    return String.valueOf(assertThrows(DataException.class, () -> data(keys)).getMessage());
  }

  private void rows(String... lines) throws IOException {
    Files.write(folder.resolve("rows.jsonl"), List.of(lines));
  }

  private TrainingData data(String keys) {
    String object = "{\"train_file\": \"" + folder.resolve("rows.jsonl") + "\"" + keys + "}";
    DataConfig config =
        DataConfig.read(
            JsonFields.ofConfiguration(
                "test", Json.parseObject("test", object.getBytes(StandardCharsets.UTF_8))));
    TokenizerConfig.Train train =
        new TokenizerConfig.Train(
            TokenizerConfig.Type.BYTE_LEVEL_BPE, 300, 0, List.of("<|endoftext|>"));
    TokenizerFolder tokenizer =
        TokenizerSetup.train(train, consumer -> consumer.accept("text"))
            .withAdditionalSpecialTokens(MARKS);
    return TrainingData.of(
        config, Texts.of(config, 1), TokenizerSetup.withChatTemplate(config, tokenizer));
  }
}
