package dev.gatun.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every expected text was made by {@code apply_chat_template} of transformers 5.18, Jinja 3.1.6.
 */
class ChatTemplateTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final List<Map<String, Object>> NOBODY = List.of();

  @TestFactory
  Stream<DynamicTest> conversations() throws IOException {
    JsonNode inputs = json("conversations.json");
    JsonNode expected = json("expected.json");
    return expected.properties().stream()
        .map(template -> dynamicTest(template.getKey(), () -> check(template, inputs)));
  }

  private static void check(Map.Entry<String, JsonNode> template, JsonNode inputs)
      throws IOException {
    String source = text(template.getKey() + ".jinja");
    for (Map.Entry<String, JsonNode> one : template.getValue().properties()) {
      List<String> options = List.of(one.getKey().split("\\+"));
      String name = options.getFirst();
      List<Map<String, Object>> messages = messages(inputs.get("conversations").get(name));
      Map<String, Object> variables = new HashMap<>();
      if (options.contains("tools")) {
        variables.put("tools", messages(inputs.get("tools")));
      }
      if (name.equals("one")) {
        variables.put("enable_thinking", false);
      }
      ChatTemplate chat = ChatTemplate.of(source, Map.of("bos_token", "<s>", "eos_token", "</s>"));
      boolean prompt = options.contains("prompt");
      if (one.getValue().isNull()) {
        assertThrows(DataException.class, () -> chat.render(messages, prompt, variables), name);
      } else {
        checkText(one.getValue(), chat.render(messages, prompt, variables), one.getKey());
      }
    }
  }

  private static void checkText(JsonNode expected, ChatTemplate.Rendered rendered, String name) {
    if (expected.isTextual()) {
      assertEquals(expected.textValue(), rendered.text(), name);
      return;
    }
    assertEquals(expected.get("text").textValue(), rendered.text(), name);
    List<ChatTemplate.Span> spans =
        expected
            .get("generated")
            .valueStream()
            .map(span -> new ChatTemplate.Span(span.get(0).intValue(), span.get(1).intValue()))
            .toList();
    assertEquals(spans, rendered.generated(), name);
  }

  /** What the assistant wrote, in templates that do not say it, and the text is the same. */
  @TestFactory
  Stream<DynamicTest> assistant() throws IOException {
    JsonNode inputs = json("conversations.json").get("conversations");
    return json("assistant.json").properties().stream()
        .map(
            template ->
                dynamicTest(
                    template.getKey(),
                    () -> {
                      ChatTemplate chat =
                          ChatTemplate.of(
                              text(template.getKey() + ".jinja"),
                              Map.of("bos_token", "<s>", "eos_token", "</s>"));
                      for (Map.Entry<String, JsonNode> one : template.getValue().properties()) {
                        List<Map<String, Object>> messages = messages(inputs.get(one.getKey()));
                        assertEquals(one.getValue().textValue(), marked(chat, messages));
                      }
                    }));
  }

  private static String marked(ChatTemplate chat, List<Map<String, Object>> messages) {
    ChatTemplate.Rendered rendered = chat.renderForTraining(messages, Map.of(), true, 0);
    assertEquals(chat.render(messages, false).text(), rendered.text());
    int[] codePoints = rendered.text().codePoints().toArray();
    StringBuilder shown = new StringBuilder();
    int at = 0;
    for (ChatTemplate.Span span : rendered.generated()) {
      shown.append(new String(codePoints, at, span.start() - at));
      shown.append('⟦');
      shown.append(new String(codePoints, span.start(), span.end() - span.start()));
      shown.append('⟧');
      at = span.end();
    }
    return shown.append(new String(codePoints, at, codePoints.length - at)).toString();
  }

  /** Messages that look like turns, or like each other. */
  @ParameterizedTest
  @CsvSource(
      delimiterString = "=>",
      quoteCharacter = '`',
      value = {
        "a, b              => U:a|A:⟦b|⟧",
        "A:b|, b           => U:A:b||A:⟦b|⟧",
        "b, A:             => U:b|A:⟦A:|⟧",
        "A:, A:, |A:, A:|U => U:A:|A:⟦A:|⟧U:|A:|A:⟦A:|U|⟧",
        "😀, 😀             => U:😀|A:⟦😀|⟧",
        "a, ``             => U:a|A:⟦|⟧",
        "a, b, c           => U:a|A:⟦b|⟧U:c|",
      })
  void misleadingMessages(String contents, String expected) {
    ChatTemplate chat =
        ChatTemplate.of(
            "{% for m in messages %}{{ 'U:' if m.role == 'user' else 'A:' }}{{ m.content }}|"
                + "{% endfor %}{{ 'A:' if add_generation_prompt }}",
            Map.of());
    String[] parts = contents.replace("``", "").strip().split(", ?", -1);
    List<Map<String, Object>> messages =
        IntStream.range(0, parts.length)
            .mapToObj(i -> ChatTemplate.message(i % 2 == 0 ? "user" : "assistant", parts[i]))
            .toList();
    assertEquals(expected, marked(chat, messages));
  }

  /** The prompt of a template may go beyond what it writes in a turn, or stand in its loop. */
  @ParameterizedTest
  @CsvSource(
      delimiterString = "=>",
      quoteCharacter = '`',
      value = {
        "{{ '<A><think>' if add_generation_prompt }} => <A>⟦b⟧",
        "{{ '<A>' if add_generation_prompt else '$' }} => <A>⟦b$⟧",
        "{{ '<A>bc' if add_generation_prompt }} => <A>⟦b⟧",
        "{{ '!' }} => ⟦<A>b!⟧",
      })
  void prompts(String end, String expected) {
    String loop = "{% for m in messages %}{{ '<A>' if m.role == 'assistant' }}{{ m.content }}";
    ChatTemplate chat = ChatTemplate.of(loop + "{% endfor %}" + end, Map.of());
    List<Map<String, Object>> messages =
        List.of(ChatTemplate.message("user", ""), ChatTemplate.message("assistant", "b"));
    assertEquals(expected, marked(chat, messages));
  }

  /** What cannot be told apart is refused, not guessed. */
  @ParameterizedTest
  @CsvSource(
      delimiterString = "=>",
      value = {
        "{{ messages[1].content }} => message 2, by 'assistant', is not written by a loop",
        "{% for m in messages %}{{ m.content if loop.first }}{% endfor %} => message 2, by 'assist",
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ m.content + messages[2].content }}"
            + "{% endif %}{% endfor %} => message 3, by 'tool', is not written",
      })
  void unknownTurns(String source, String message) {
    List<Map<String, Object>> messages =
        List.of(
            ChatTemplate.message("user", "a"),
            ChatTemplate.message("assistant", "b"),
            ChatTemplate.message("tool", "c"));
    ChatTemplate chat = ChatTemplate.of(source, Map.of());
    DataException e =
        assertThrows(
            DataException.class, () -> chat.renderForTraining(messages, Map.of(), true, 0));
    assertTrue(
        String.valueOf(e.getMessage()).startsWith("chat template: " + message), e.getMessage());
  }

  /** Random templates: operators, filters, tests, scopes, loops and the white space around tags. */
  @Test
  void expressions() throws IOException {
    JsonNode file = json("expressions.json");
    Map<String, Object> variables = variables(file.get("variables"));
    List<Map<String, Object>> messages = messages(file.get("variables").get("messages"));
    for (JsonNode pair : file.get("cases")) {
      String source = pair.get(0).textValue();
      ChatTemplate chat = ChatTemplate.of(source, Map.of());
      assertEquals(pair.get(1).textValue(), chat.render(messages, false, variables).text(), source);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = "=>",
      quoteCharacter = '`',
      value = {
        "{{ messages | nosuch }}            => line 1: the filter \"nosuch\"",
        "{% include 'x' %}                  => line 1: the statement \"include\"",
        "{% import 'x' as y %}              => line 1: the statement \"import\"",
        "{{ 1 is nosuch }}                  => line 1: the test \"nosuch\"",
        "{{ ''.__class__.__mro__ }}         => line 1: \"__class__\" is not defined",
        "{{ nosuch() }}                     => line 1: \"nosuch\", which is not defined",
        "{{ raise_exception('no tools') }}  => line 1: the template refuses it: no tools",
        "{% if true %}                      => line 1: the template ends before",
        "{{ 1                               => line 1: a tag has no \"}}\"",
        "{{ 1 // 0 }}                       => line 1: 1 // 0",
        "{% for x in 3 %}{% endfor %}       => line 1: a number has no elements",
        "{% break %}                        => line 1: \"break\"",
        "{{ 99999999999999999999 }}         => line 1: the number",
        "{{ 'a' + 1 }}                      => line 1: a text + a number",
        "{{ messages.append(1) }}           => line 1: \"append\", which is not defined",
      })
  void refusals(String source, String message) {
    DataException e =
        assertThrows(
            DataException.class, () -> ChatTemplate.of(source, Map.of()).render(NOBODY, true));
    assertTrue(e.toString().contains(": chat template: " + message), e.toString());
  }

  @Test
  void errorsNameTheLine() {
    DataException e =
        assertThrows(
            DataException.class,
            () -> ChatTemplate.of("{# one #}\ntwo\n{{ x.y }}", Map.of()).render(NOBODY, true));
    assertEquals("chat template: line 3: \"x\" is not defined, so it has no \"y\"", e.getMessage());
  }

  /** What would run for ever or fill the memory is stopped. */
  @Test
  void limits() {
    String range = "{% for a in range(99999) %}";
    String[] sources = {
      range + range + range + "{% endfor %}{% endfor %}{% endfor %}",
      "{% set ns = namespace(s='ab') %}" + range + "{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(l=[1]) %}" + range + "{% set ns.l = ns.l + ns.l %}{% endfor %}",
      "{% set ns = namespace(l=1) %}" + range + "{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{{ 'a' * 9999999999 }}",
      "{{ range(9999999999) }}",
      "{{ " + "(".repeat(50_000) + "1" + ")".repeat(50_000) + " }}",
      "{{ " + "-".repeat(50_000) + "1 }}",
      "{{ 1" + " + 1".repeat(50_000) + " }}",
      "{% if 1 %}".repeat(50_000) + "{% endif %}".repeat(50_000),
      "{{ messages" + "[0]".repeat(50_000) + " }}",
    };
    for (String source : sources) {
      assertTimeoutPreemptively(
          Duration.ofSeconds(60),
          () ->
              assertThrows(
                  DataException.class,
                  () -> ChatTemplate.of(source, Map.of()).render(NOBODY, false),
                  source.substring(0, Math.min(90, source.length()))));
    }
  }

  @Test
  void time() {
    Clock clock = Clock.fixed(Instant.parse("2026-03-04T15:06:07Z"), ZoneOffset.UTC);
    String format = "%d %b %Y, %A %-d %B %y %H:%M:%S %I%p %j %%";
    ChatTemplate chat = ChatTemplate.of("{{ strftime_now('" + format + "') }}", Map.of());
    assertEquals(
        "04 Mar 2026, Wednesday 4 March 26 15:06:07 03PM 063 %",
        chat.withClock(clock).render(NOBODY, false).text());
  }

  private static List<Map<String, Object>> messages(JsonNode node) {
    return MAPPER.convertValue(node, new TypeReference<>() {});
  }

  private static Map<String, Object> variables(JsonNode node) {
    return MAPPER.convertValue(node, new TypeReference<>() {});
  }

  private static JsonNode json(String name) throws IOException {
    return MAPPER.readTree(text(name));
  }

  private static String text(String name) throws IOException {
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream("/chat-templates/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
