package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DataException;
import dev.gatun.token.AddedToken;
import dev.gatun.token.Bpe;
import dev.gatun.token.BpeTrainer;
import dev.gatun.token.ByteAlphabet;
import dev.gatun.token.ChatTemplate;
import dev.gatun.token.PreTokenizer;
import dev.gatun.token.Tokenizer;
import dev.gatun.token.WordCounts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class MarkedTextTest {
  private static final Tokenizer BYTES = tokenizer();
  private static final int END = 9_999;

  @Test
  void everyLayoutMarksWhatTheAssistantSays() {
    assertMarked(
        "<|prompt|> q\nm <|assistant|> [a <|endofanswer|>]",
        RowSchema.ALPACA,
        Map.of("instruction", "q", "input", "m", "output", "a"));
    assertMarked("q[a]", RowSchema.PROMPT_COMPLETION, Map.of("prompt", "q", "completion", "a"));
    assertMarked(
        "s\n<|prompt|> q <|assistant|> [a <|endofanswer|>]<|prompt|> r ",
        RowSchema.MESSAGES,
        Map.of(
            "messages",
            List.of(
                Map.of("role", "system", "content", "s"),
                Map.of("role", "user", "content", "q"),
                Map.of("role", "assistant", "content", "a"),
                Map.of("role", "user", "content", "r"))));
    assertMarked(
        "<|prompt|> 😀 <|assistant|> [가 <|endofanswer|>]",
        RowSchema.SHAREGPT,
        Map.of(
            "conversations",
            List.of(Map.of("from", "human", "value", "😀"), Map.of("from", "gpt", "value", "가"))));
  }

  /** A prompt and its completion, both of them turns. */
  @Test
  void completionsOfConversations() {
    DataRow row =
        new DataRow(
            "f, line 1",
            Map.of(
                "prompt",
                List.of(turn("user", "q"), turn("assistant", "b"), turn("user", "r")),
                "completion",
                List.of(turn("assistant", "😀"), turn("user", "t"), turn("assistant", "가"))));
    RowSchema schema = RowSchema.PROMPT_COMPLETION_MESSAGES;
    assertEquals(schema, RowSchema.of(row));
    String read = "<|prompt|> q <|assistant|> b <|endofanswer|><|prompt|> r <|assistant|> ";
    assertMarked(
        read + "[😀 <|endofanswer|><|prompt|> t <|assistant|> 가 <|endofanswer|>]",
        form(schema, RowForm.Learned.COMPLETION),
        row);
    assertMarked(
        read + "[😀 <|endofanswer|>]<|prompt|> t <|assistant|> [가 <|endofanswer|>]",
        form(schema, new RowForm.Learned(true, true)),
        row);
    assertMarked(
        "<|prompt|> q <|assistant|> [b <|endofanswer|>]<|prompt|> r <|assistant|> [😀"
            + " <|endofanswer|>]<|prompt|> t <|assistant|> [가 <|endofanswer|>]",
        form(schema, RowForm.Learned.ASSISTANT),
        row);
  }

  /** The same through a chat template, whose generation prompt is read. */
  @Test
  void completionsInTheWordsOfAChatTemplate() {
    DataRow row =
        new DataRow(
            "f, line 1",
            Map.of(
                "prompt",
                List.of(turn("user", "q")),
                "completion",
                List.of(turn("assistant", "a"), turn("user", "r"), turn("assistant", "b")),
                "tools",
                "[\"t\"]"));
    String turns =
        "{{ tools[0] }}{% for m in messages %}<{{ m.role[0] }}>{{ m.content }}.{% endfor %}";
    String begin = "{{ '<a>' if add_generation_prompt }}";
    assertMarked("t<u>q.<a>[a.<u>r.<a>b.]", chat(turns + begin, RowForm.Learned.COMPLETION), row);
    assertMarked(
        "t<u>q.<a>[a.]<u>r.<a>[b.]", chat(turns + begin, new RowForm.Learned(true, true)), row);
    // A prompt that is continued is written in other words, as by templates that think.
    String thinking = "{{ '<a>(' if add_generation_prompt }}";
    assertMarked(
        "t<u>q.<a>[a.<u>r.<a>b.]", chat(turns + thinking, RowForm.Learned.COMPLETION), row);
    String last = "{{ messages | length }}" + turns;
    assertMarked("4t<u>q.[<a>a.<u>r.<a>b.]", chat(last, RowForm.Learned.COMPLETION), row);
    DataException unknown =
        assertThrows(
            DataException.class,
            () -> chat("{{ messages | tojson }}", RowForm.Learned.COMPLETION).of(row));
    assertTrue(
        String.valueOf(unknown.getMessage())
            .contains("f, line 1: column 'prompt' cannot be written: chat template: the text of"),
        unknown.getMessage());
  }

  private static RowForm chat(String template, RowForm.Learned learned) {
    return RowSchema.PROMPT_COMPLETION_MESSAGES.form(
        Map.of(), ChatTemplate.of(template, Map.of()), learned);
  }

  private static Map<String, String> turn(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  @Test
  void whatIsNoCompletionIsAnError() {
    RowForm form = form(RowSchema.PROMPT_COMPLETION_MESSAGES, RowForm.Learned.COMPLETION);
    List<Map<String, String>> turns = List.of(turn("user", "q"));
    for (Map<String, ?> columns :
        List.<Map<String, ?>>of(
            Map.of("prompt", turns, "completion", "a"),
            Map.of("prompt", turns, "completion", List.of()),
            Map.of("prompt", turns))) {
      String message =
          String.valueOf(
              assertThrows(DataException.class, () -> form.of(new DataRow("f, line 1", columns))));
      assertTrue(message.contains("f, line 1: column 'completion' "), message);
    }
  }

  @Test
  void anUnknownRoleIsAnErrorWithItsPlace() {
    DataRow row =
        new DataRow("f, line 1", Map.of("messages", List.of(Map.of("role", "x", "content", ""))));
    RowForm form = form(RowSchema.MESSAGES, RowForm.Learned.ASSISTANT);
    String message = String.valueOf(assertThrows(DataException.class, () -> form.of(row)));
    assertTrue(message.contains("f, line 1, messages[0]: column 'role' is 'x'"), message);
    assertThrows(DataException.class, () -> RowSchema.of(new DataRow("f", Map.of("z", 1))));
  }

  @Test
  void anAnswerThatHoldsTheResponseTemplateIsTrainedWhole() {
    PromptTemplate template = PromptTemplate.of("Q{instruction}A{output}E");
    MarkedText text = template.marked(new InstructionRow("xAy", "zAw"));
    TokenRows rows = encode(text, OptionalInt.of(END));
    int[] labels = labels(rows);
    assertEquals(5, labels.length - count(labels), "Q x A y A are read");
    assertEquals(END, labels[labels.length - 1]);
  }

  /** Whatever the texts, what is trained is the answer to the byte, and what closes the text. */
  @Property(tries = 200)
  void trainedTokensAreTheAnswer(
      @ForAll @StringLength(max = 12) String question,
      @ForAll @StringLength(max = 12) String answer) {
    String q = wellFormed(question);
    String a = wellFormed(answer);
    MarkedText text =
        PromptTemplate.of("<{instruction}>{output}!").marked(new InstructionRow(q, a));
    int[] labels = labels(encode(text, OptionalInt.of(END)));
    int bytes = (a + "!").getBytes(StandardCharsets.UTF_8).length;
    assertEquals(bytes + 1, count(labels));
    assertEquals(END, labels[labels.length - 1]);
  }

  @Test
  void rulesLeaveOutWhatTeachesNothing() {
    TokenRows.Builder rows = new TokenRows.Builder();
    rows.add(new int[] {1, 2, 3, 4, 5}, new boolean[] {false, false, false, false, true});
    rows.add(new int[] {1, 2, 3}, new boolean[] {false, false, true});
    rows.add(new int[] {7}, new boolean[] {true});
    rows.add(new int[9]);
    TokenRows texts = rows.build();
    RowRules rules = new RowRules(4, RowRules.Overflow.TRUNCATE, 2, 8, true);
    RowRules.Result result = rules.apply(texts, new CausalCollator());
    assertEquals(new RowRules.Report(4, 2, 1, 1, 1), result.report());
    assertEquals(1, result.rows().size());
    assertArrayEquals(new int[] {1, 2, 3}, result.rows().row(0));
    RowRules cut = new RowRules(4, RowRules.Overflow.ROWS, 0, 8, false);
    assertEquals(4, cut.apply(texts, new CausalCollator()).rows().size());
    RowRules drop = new RowRules(4, RowRules.Overflow.DROP, 0, 8, false);
    assertEquals(2, drop.apply(texts, new CausalCollator()).rows().size());
  }

  @Test
  void batchesHaveTheMarksAsLabels() {
    TokenRows.Builder rows = new TokenRows.Builder();
    rows.add(new int[] {1, 2, 3}, new boolean[] {false, false, true});
    rows.add(new int[] {4, 5}, new boolean[] {true, true});
    Batch batch =
        new Batches(rows.build(), new CausalCollator(), Batches.Options.inOrder(2, 0))
            .epoch(0)
            .iterator()
            .next();
    assertArrayEquals(new int[] {-100, 3, -100, 5, -100, -100}, batch.labels());
    assertEquals(2, batch.targetTokens());
  }

  private static void assertMarked(String expected, RowSchema schema, Map<String, ?> columns) {
    DataRow row = new DataRow("row", columns);
    assertEquals(schema, RowSchema.of(row));
    assertMarked(expected, form(schema, RowForm.Learned.ASSISTANT), row);
  }

  private static RowForm form(RowSchema schema, RowForm.Learned learned) {
    return schema.form(Map.of(), Optional.empty(), Map.of(), learned);
  }

  private static void assertMarked(String expected, RowForm form, DataRow row) {
    MarkedText text = form.of(row);
    StringBuilder shown = new StringBuilder();
    int[] codePoints = text.text().codePoints().toArray();
    int at = 0;
    for (MarkedText.Span span : text.trained()) {
      shown.append(new String(codePoints, at, span.start() - at)).append('[');
      shown.append(new String(codePoints, span.start(), span.end() - span.start())).append(']');
      at = span.end();
    }
    shown.append(new String(codePoints, at, codePoints.length - at));
    assertEquals(expected, shown.toString());
  }

  private static TokenRows encode(MarkedText text, OptionalInt end) {
    TokenRows.Builder rows = new TokenRows.Builder();
    new MarkedEncoder(BYTES, end, true).encode(text, rows);
    return rows.build();
  }

  private static int[] labels(TokenRows rows) {
    int[] labels = new int[rows.length(0)];
    rows.copyLabels(0, labels, 0);
    return labels;
  }

  private static int count(int[] labels) {
    int count = 0;
    for (int label : labels) {
      count += label == Collator.IGNORED ? 0 : 1;
    }
    return count;
  }

  private static String wellFormed(String text) {
    return text.codePoints()
        .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static Tokenizer tokenizer() {
    PreTokenizer bytes = new PreTokenizer.ByteLevel(false, false, true);
    WordCounts counts = new WordCounts(null, bytes);
    Bpe model =
        BpeTrainer.builder()
            .vocabSize(1)
            .initialAlphabet(ByteAlphabet.codePoints())
            .build()
            .train(counts);
    Tokenizer.Builder builder = Tokenizer.builder(model).preTokenizer(bytes);
    builder.add(AddedToken.special("<|endoftext|>"));
    return builder.build();
  }
}
