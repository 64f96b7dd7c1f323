package dev.gatun.data;

import dev.gatun.core.DataException;
import dev.gatun.token.ChatTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** How a row of columns becomes a text with the answers marked. */
public sealed interface RowForm {
  /** The text of a row. */
  MarkedText of(DataRow row);

  /** Plain text in one column, all of it to be learned. */
  record Text(String column) implements RowForm {
    @Override
    public MarkedText of(DataRow row) {
      return MarkedText.whole(row.text(column));
    }
  }

  /**
   * A question with its answer, in a template.
   *
   * @param input the column of the material; it may be missing from a row, or null
   */
  record Instruction(String instruction, String input, String output, PromptTemplate template)
      implements RowForm {
    @Override
    public MarkedText of(DataRow row) {
      return template.marked(
          new InstructionRow(row.text(instruction), row.textOrEmpty(input), row.text(output)));
    }
  }

  /**
   * What of a conversation is to be learned: what is in all parts that are named here.
   *
   * @param completion what follows the prompt, in rows that say where it ends
   * @param assistant what the assistant says
   */
  record Learned(boolean completion, boolean assistant) {
    /** What the assistant says, wherever it stands. */
    public static final Learned ASSISTANT = new Learned(false, true);

    /** Everything behind the prompt. */
    public static final Learned COMPLETION = new Learned(true, false);
  }

  /**
   * Where a row has its turns.
   *
   * @param column a list of turns
   * @param completion the column of the turns that follow, in rows of prompts with completions
   * @param roles the roles by the names that the data has for them
   */
  record Turns(
      String column,
      Optional<String> completion,
      String roleKey,
      String contentKey,
      Map<String, String> roles) {
    public Turns {
      roles = Map.copyOf(roles);
    }

    /** The turns of the prompt, or of a conversation that has no other. */
    List<DataRow> prompt(DataRow row) {
      return turns(row, column);
    }

    /** The turns behind the prompt. */
    List<DataRow> completion(DataRow row) {
      return completion.map(name -> turns(row, name)).orElse(List.of());
    }

    private static List<DataRow> turns(DataRow row, String column) {
      List<DataRow> turns = row.rows(column);
      if (turns.isEmpty()) {
        throw row.error(column, "has no turn");
      }
      return turns;
    }

    String role(DataRow turn) {
      String written = turn.text(roleKey);
      return roles.getOrDefault(written, written);
    }

    String content(DataRow turn) {
      return turn.text(contentKey);
    }
  }

  /**
   * A conversation, turn by turn. A completion begins where the first words of its first turn do.
   *
   * @param templates one for each role, with {@code {content}} in it
   */
  record Conversation(Turns turns, Map<String, String> templates, Learned learned)
      implements RowForm {
    private static final String CONTENT = "{content}";

    public Conversation {
      templates = Map.copyOf(templates);
    }

    @Override
    public MarkedText of(DataRow row) {
      MarkedText.Builder text = new MarkedText.Builder();
      for (DataRow turn : turns.prompt(row)) {
        append(text, turn, false, !learned.completion());
      }
      boolean begun = false;
      for (DataRow turn : turns.completion(row)) {
        append(text, turn, begun && !learned.assistant(), true);
        begun = true;
      }
      return text.build();
    }

    /**
     * @param head whether what a template has before the words is learned
     * @param words whether the words are, if they are by the right role
     */
    private void append(MarkedText.Builder text, DataRow turn, boolean head, boolean words) {
      String role = turns.role(turn);
      String template = templates.get(role);
      if (template == null) {
        throw turn.error(
            turns.roleKey(),
            "is '" + turn.text(turns.roleKey()) + "', a role without a template in data.turns");
      }
      int at = template.indexOf(CONTENT);
      if (at < 0) {
        throw new DataException("turn template '" + template + "' has no {content}");
      }
      text.add(template.substring(0, at), head);
      text.add(
          turns.content(turn) + template.substring(at + CONTENT.length()),
          words && (!learned.assistant() || role.equals("assistant")));
    }
  }

  /**
   * A conversation in the words of a chat template. Columns {@code tools} and {@code
   * chat_template_kwargs} of a row are variables of its template, as in trl.
   */
  record Chat(Turns turns, ChatTemplate template, Learned learned) implements RowForm {
    private static final String TOOLS = "tools";
    private static final String VARIABLES = "chat_template_kwargs";

    @Override
    public MarkedText of(DataRow row) {
      List<DataRow> prompt = turns.prompt(row);
      List<DataRow> all = Stream.concat(prompt.stream(), turns.completion(row).stream()).toList();
      ChatTemplate.Rendered rendered;
      try {
        List<Map<String, Object>> messages = all.stream().map(this::message).toList();
        rendered =
            template.renderForTraining(
                messages,
                variables(row),
                learned.assistant(),
                learned.completion() ? prompt.size() : 0);
      } catch (DataException e) {
        throw row.error(turns.column(), "cannot be written: " + e.getMessage());
      }
      List<MarkedText.Span> spans =
          rendered.generated().stream()
              .map(span -> new MarkedText.Span(span.start(), span.end()))
              .toList();
      return new MarkedText(rendered.text(), spans, true);
    }

    /** A message with the keys that templates know; further keys are handed on. */
    private Map<String, Object> message(DataRow turn) {
      Map<String, Object> message = new LinkedHashMap<>(turn.columns());
      String role = turns.role(turn);
      message.remove(turns.roleKey());
      message.put("role", role);
      if (message.containsKey(turns.contentKey())) {
        message.put("content", message.remove(turns.contentKey()));
      }
      return message;
    }

    private static Map<String, Object> variables(DataRow row) {
      Map<String, Object> variables = new LinkedHashMap<>();
      if (row.columns().get(VARIABLES) instanceof Map<?, ?> given) {
        given.forEach((name, value) -> variables.put(String.valueOf(name), value));
      }
      Object tools = row.columns().get(TOOLS);
      if ((tools instanceof String text ? JsonRows.value(row, TOOLS, text) : tools)
          instanceof List<?> list) {
        variables.put(TOOLS, list);
      }
      return variables;
    }
  }
}
