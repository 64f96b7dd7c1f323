package dev.gatun.token;

import dev.gatun.core.DataException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Jinja template of a chat model: it makes one text of a conversation, as {@code
 * apply_chat_template} of transformers does.
 *
 * <p>Known are the statements, filters, tests and functions that such templates use, and
 * transformers' own ({@code generation}, {@code tojson}, {@code raise_exception}, {@code
 * strftime_now}); anything else is an error that names it and its line. A template only computes
 * with texts, numbers, lists and dictionaries: there is nothing else in its reach, and limits on
 * steps and lengths bound its time and memory.
 *
 * <p>It is read here and not by a general library since a template that is nearly understood makes
 * a prompt that is nearly right, and nobody notices. Jinja's rules for white space, equality,
 * {@code not}, slices and {@code for ... if} are kept to the letter.
 */
public final class ChatTemplate {
  /** The turns of a model that was tuned on instructions with Gatun's own marks. */
  public static final String INSTRUCTION =
      """
      {%- for message in messages %}
      {%- if message.role == 'user' %}
      {{- '<|prompt|> ' + message.content + ' ' }}
      {%- elif message.role == 'assistant' %}
      {{- '<|assistant|> ' }}
      {%- generation %}{{ message.content + ' <|endofanswer|>' }}{% endgeneration %}
      {%- else %}
      {{- raise_exception('a message is by user or assistant, not by ' + message.role) }}
      {%- endif %}
      {%- endfor %}
      {%- if add_generation_prompt %}{{ '<|assistant|> ' }}{% endif %}
      """;

  private final List<JinjaStatement> template;
  private final boolean hasGeneration;
  private final Map<String, Object> specialTokens;
  private final Clock clock;

  /**
   * What a conversation became.
   *
   * @param text the prompt
   * @param generated the words of the assistant, where they are known: what {@code generation}
   *     statements wrote
   */
  public record Rendered(String text, List<Span> generated) {
    public Rendered {
      generated = List.copyOf(generated);
    }
  }

  /** A range of a text in code points, as offsets of tokens are. */
  public record Span(int start, int end) {}

  private ChatTemplate(
      List<JinjaStatement> template, Map<String, Object> specialTokens, Clock clock) {
    this.template = template;
    this.hasGeneration = JinjaStatement.anyGeneration(template);
    this.specialTokens = specialTokens;
    this.clock = clock;
  }

  /**
   * Reads a template.
   *
   * @param specialTokens by the names that templates know them under, such as {@code bos_token}
   * @throws DataException that names the line of what is wrong or not known
   */
  public static ChatTemplate of(String source, Map<String, ?> specialTokens) {
    Map<String, Object> known = new LinkedHashMap<>();
    specialTokens.forEach((name, token) -> known.put(name, plain(token)));
    try {
      List<JinjaStatement> template = JinjaParser.parse(source);
      return new ChatTemplate(template, known, Clock.system(ZoneId.systemDefault()));
    } catch (JinjaException e) {
      throw failure(e);
    }
  }

  /** A copy that takes the time from a clock. */
  ChatTemplate withClock(Clock otherClock) {
    return new ChatTemplate(template, specialTokens, otherClock);
  }

  /** A message as templates see it. */
  public static Map<String, Object> message(String role, String content) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  /**
   * The text of a conversation.
   *
   * @param messages each with {@code role} and {@code content}, and what else the template reads;
   *     values are texts, numbers, truth values, null, lists and maps with texts as keys
   * @param addGenerationPrompt whether the text ends where the assistant begins to speak
   * @throws DataException if the template refuses the messages or fails on them
   */
  public Rendered render(List<? extends Map<String, ?>> messages, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt, Map.of());
  }

  /**
   * The same with further variables, such as {@code tools}.
   *
   * @throws DataException if the template refuses the messages or fails on them
   */
  public Rendered render(
      List<? extends Map<String, ?>> messages,
      boolean addGenerationPrompt,
      Map<String, ?> variables) {
    Output output = run(messages, addGenerationPrompt, variables);
    return new Rendered(output.text(), spans(output.text(), output.generations()));
  }

  /**
   * The text of a conversation to learn from, with what the assistant wrote in it, whatever the
   * template: what its {@code generation} statements wrote if it has any, as in transformers, and
   * otherwise what it has in the turns of the assistant behind the prompt that it makes for them.
   *
   * <pre>
   *   [user] 2 + 3? [end] [assistant] 5 [end]
   *                                   ^^^^^^^
   * </pre>
   *
   * <p>A turn is what a loop over the messages writes for one of them. Of a prompt and its
   * completion, what stands behind the prompt with what the template puts there for the assistant
   * to begin, as in trl.
   *
   * @param assistant whether only the assistant's words count
   * @param prompt how many messages are the prompt, all of whose words do not count
   * @throws DataException if the template refuses the messages, or nothing says which words are
   *     whose
   */
  public Rendered renderForTraining(
      List<? extends Map<String, ?>> messages,
      Map<String, ?> variables,
      boolean assistant,
      int prompt) {
    Output output = run(messages, false, variables);
    AssistantTurns turns = new AssistantTurns(this, messages, variables);
    int from = prompt == 0 ? 0 : turns.completion(output, prompt);
    List<int[]> written =
        !assistant
            ? List.of(new int[] {from, output.text().length()})
            : hasGeneration ? output.generations() : turns.of(output);
    List<int[]> counted =
        written.stream()
            .filter(range -> range[1] > from)
            .map(range -> new int[] {Math.max(from, range[0]), range[1]})
            .toList();
    return new Rendered(output.text(), spans(output.text(), counted));
  }

  /**
   * What a template wrote, and where in it, in UTF-16 units.
   *
   * @param generations where statements of that name begin and end
   * @param turns for messages
   */
  record Output(String text, List<int[]> generations, List<JinjaRenderer.Turn> turns) {}

  Output run(
      List<? extends Map<String, ?>> messages,
      boolean addGenerationPrompt,
      Map<String, ?> variables) {
    JinjaScope scope = JinjaGlobals.scope(clock);
    scope.set("tools", null);
    scope.set("documents", null);
    specialTokens.forEach(scope::set);
    variables.forEach((name, value) -> scope.set(name, plain(value)));
    List<Object> plain = messages.stream().map(ChatTemplate::plain).toList();
    scope.set("messages", new ArrayList<>(plain));
    scope.set("add_generation_prompt", addGenerationPrompt);
    JinjaRenderer renderer = new JinjaRenderer(plain);
    try {
      String text = renderer.render(template, scope);
      return new Output(text, renderer.generations(), renderer.turns());
    } catch (JinjaException e) {
      throw failure(e);
    }
  }

  private static List<Span> spans(String text, List<int[]> units) {
    List<Span> spans = new ArrayList<>();
    int unit = 0;
    int codePoint = 0;
    for (int[] range : units) {
      int start = codePoint + text.codePointCount(unit, range[0]);
      codePoint = start + text.codePointCount(range[0], range[1]);
      unit = range[1];
      spans.add(new Span(start, codePoint));
    }
    return spans;
  }

  /** A value of the kinds that templates compute with. */
  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case String text -> text;
      case Boolean flag -> flag;
      case Long number -> number;
      case Double number -> number;
      case Integer number -> number.longValue();
      case Float number -> number.doubleValue();
      case List<?> list -> {
        List<Object> items = new ArrayList<>(list.size());
        list.forEach(item -> items.add(plain(item)));
        yield items;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> entries = new LinkedHashMap<>();
        map.forEach((key, item) -> entries.put(plain(key), plain(item)));
        yield entries;
      }
      default ->
          throw new DataException(
              "chat template: a message holds a value of type %s, which templates do not know"
                  .formatted(value.getClass().getSimpleName()));
    };
  }

  private static DataException failure(JinjaException e) {
    return new DataException("chat template: " + e.described(), e);
  }
}
