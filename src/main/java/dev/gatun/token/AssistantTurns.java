package dev.gatun.token;

import dev.gatun.core.DataException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * What the assistant wrote in a conversation, for templates that do not say it: in each of its
 * turns, what stands behind the prompt that the template makes there for a model to continue.
 *
 * <p>Nothing is searched for in the text, so that a message which looks like a turn, or like the
 * mark of one, changes nothing.
 */
final class AssistantTurns {
  private static final String ASSISTANT = "assistant";

  private final ChatTemplate template;
  private final List<? extends Map<String, ?>> messages;
  private final Map<String, ?> variables;

  AssistantTurns(
      ChatTemplate template, List<? extends Map<String, ?>> messages, Map<String, ?> variables) {
    this.template = template;
    this.messages = messages;
    this.variables = variables;
  }

  /**
   * Ranges of the output in UTF-16 units, ascending.
   *
   * @throws DataException if words of the assistant are in no turn
   */
  List<int[]> of(ChatTemplate.Output output) {
    List<int[]> ranges = new ArrayList<>();
    BitSet written = new BitSet();
    StringBuilder others = new StringBuilder();
    for (JinjaRenderer.Turn turn : output.turns()) {
      String text = output.text().substring(turn.start(), turn.end());
      if (text.isBlank()) {
        continue;
      }
      if (isAssistant(turn.message())) {
        int prompt = written.get(turn.message()) ? 0 : promptLength(turn.message(), text);
        ranges.add(new int[] {turn.start() + prompt, turn.end()});
        others.append(text.replace(content(turn.message()), ""));
      }
      written.set(turn.message());
    }
    requireOwnTurns(written, others.toString());
    if (!ranges.isEmpty() && isAssistant(messages.size() - 1)) {
      ranges.getLast()[1] = output.text().length(); // what ends the text ends its last turn
    }
    return ranges;
  }

  /**
   * Where the completion of the first messages begins, in UTF-16 units. A template may write a
   * prompt that is continued in other words than one that is not; then it is where the turn of the
   * next message has its words.
   *
   * @param prompt the number of messages that are completed
   * @throws DataException if nothing says where it begins
   */
  int completion(ChatTemplate.Output output, int prompt) {
    String before = template.run(messages.subList(0, prompt), true, variables).text();
    if (output.text().startsWith(before)) {
      return before.length();
    }
    for (JinjaRenderer.Turn turn : output.turns()) {
      String text = output.text().substring(turn.start(), turn.end());
      if (turn.message() == prompt && !text.isBlank()) {
        return turn.start() + promptLength(prompt, text);
      }
    }
    throw new DataException(
        ("chat template: the text of the prompt, %d messages, is not the beginning of the text with"
                + " the completion, and no loop over the messages writes message %d, so that"
                + " nothing says where the completion begins")
            .formatted(prompt, prompt + 1));
  }

  private boolean isAssistant(int message) {
    return ASSISTANT.equals(messages.get(message).get("role"));
  }

  /**
   * What the assistant says must be in its turns, and what others say must not.
   *
   * @param written the messages that have a turn
   * @param others what the turns of the assistant hold beside its words
   */
  private void requireOwnTurns(BitSet written, String others) {
    for (int i = 0; i < messages.size(); i++) {
      String content = content(i);
      boolean misplaced =
          !written.get(i) && !content.isEmpty() && (isAssistant(i) || others.contains(content));
      if (misplaced) {
        throw new DataException(
            ("chat template: message %d, by '%s', is not written by a loop over the messages in a"
                    + " turn of its own, so that nothing says where it stands; let the template"
                    + " have the words of the assistant between {%% generation %%} and"
                    + " {%% endgeneration %%}")
                .formatted(i + 1, messages.get(i).get("role")));
      }
    }
  }

  private String content(int message) {
    return messages.get(message).get("content") instanceof String text ? text.strip() : "";
  }

  /**
   * How much of a turn is the prompt. Where the template does not write its whole prompt into a
   * turn, what they have in common is, up to the words of the assistant.
   */
  private int promptLength(int message, String turn) {
    String prompt = generationPrompt(message);
    if (turn.startsWith(prompt)) {
      return prompt.length();
    }
    int common = 0;
    while (common < Math.min(turn.length(), prompt.length())
        && turn.charAt(common) == prompt.charAt(common)) {
      common++;
    }
    String content = content(message);
    int words = content.isEmpty() ? -1 : turn.lastIndexOf(content);
    int length = words < 0 ? common : Math.min(common, words);
    return length > 0 && Character.isHighSurrogate(turn.charAt(length - 1)) ? length - 1 : length;
  }

  /** What the template puts behind the messages before this one for the assistant to begin. */
  private String generationPrompt(int message) {
    if (message > 0) {
      try {
        return generationPrompt(messages.subList(0, message));
      } catch (DataException _) {
        // A template may refuse the beginning of a conversation that it accepts as a whole.
        return generationPrompt(messages);
      }
    }
    return generationPrompt(messages);
  }

  private String generationPrompt(List<? extends Map<String, ?>> before) {
    ChatTemplate.Output with = template.run(before, true, variables);
    int end = with.turns().isEmpty() ? with.text().length() : with.turns().getLast().end();
    if (end < with.text().length()) {
      return with.text().substring(end);
    }
    // The loop itself wrote it, or nothing did.
    String without = template.run(before, false, variables).text();
    return with.text().startsWith(without) ? with.text().substring(without.length()) : "";
  }
}
