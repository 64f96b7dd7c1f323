package dev.gatun.data;

import dev.gatun.core.DataException;
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
}
