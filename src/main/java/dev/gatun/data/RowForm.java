package dev.gatun.data;

import dev.gatun.core.DataException;
import dev.gatun.token.ChatTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
   * A conversation: a list of turns, each with a role and a text. What the assistant says, and what
   * its template has behind it, is to be learned.
   *
   * @param roles the roles by the names that the data has for them
   * @param templates one for each role, with {@code {content}} in it
   */
  record Conversation(
      String column,
      String roleKey,
      String contentKey,
      Map<String, String> roles,
      Map<String, String> templates)
      implements RowForm {
    private static final String CONTENT = "{content}";

    public Conversation {
      roles = Map.copyOf(roles);
      templates = Map.copyOf(templates);
    }

    @Override
    public MarkedText of(DataRow row) {
      List<DataRow> turns = row.rows(column);
      if (turns.isEmpty()) {
        throw row.error(column, "has no turn");
      }
      MarkedText.Builder text = new MarkedText.Builder();
      for (DataRow turn : turns) {
        String written = turn.text(roleKey);
        String role = roles.getOrDefault(written, written);
        String template = templates.get(role);
        if (template == null) {
          throw turn.error(
              roleKey, "is '" + written + "', a role without a template in data.turns");
        }
        append(text, template, role.equals("assistant"), turn.text(contentKey));
      }
      return text.build();
    }

    private static void append(
        MarkedText.Builder text, String template, boolean learned, String content) {
      int at = template.indexOf(CONTENT);
      if (at < 0) {
        throw new DataException("turn template '" + template + "' has no {content}");
      }
      text.read(template.substring(0, at));
      String rest = content + template.substring(at + CONTENT.length());
      if (learned) {
        text.write(rest);
      } else {
        text.read(rest);
      }
    }
  }

  /**
   * A conversation in the words of a chat template. Columns {@code tools} and {@code
   * chat_template_kwargs} of a row are variables of its template, as in trl.
   *
   * @param roles the roles by the names that the data has for them
   */
  record Chat(
      String column,
      String roleKey,
      String contentKey,
      Map<String, String> roles,
      ChatTemplate template)
      implements RowForm {
    private static final String TOOLS = "tools";
    private static final String VARIABLES = "chat_template_kwargs";

    public Chat {
      roles = Map.copyOf(roles);
    }

    @Override
    public MarkedText of(DataRow row) {
      List<DataRow> turns = row.rows(column);
      if (turns.isEmpty()) {
        throw row.error(column, "has no turn");
      }
      ChatTemplate.Rendered rendered;
      try {
        List<Map<String, Object>> messages = turns.stream().map(this::message).toList();
        rendered = template.renderForTraining(messages, variables(row));
      } catch (DataException e) {
        throw row.error(column, "cannot be written: " + e.getMessage());
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
      String role = turn.text(roleKey);
      message.remove(roleKey);
      message.put("role", roles.getOrDefault(role, role));
      if (message.containsKey(contentKey)) {
        message.put("content", message.remove(contentKey));
      }
      return message;
    }

    private static Map<String, Object> variables(DataRow row) {
      Map<String, Object> variables = new LinkedHashMap<>();
      if (row.columns().get(VARIABLES) instanceof Map<?, ?> given) {
        given.forEach((name, value) -> variables.put(String.valueOf(name), value));
      }
      if (row.columns().get(TOOLS) instanceof List<?> tools) {
        variables.put(TOOLS, tools);
      }
      return variables;
    }
  }
}
