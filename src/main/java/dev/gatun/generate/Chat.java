package dev.gatun.generate;

import dev.gatun.core.ConfigurationException;
import dev.gatun.model.CausalLm;
import dev.gatun.token.ChatTemplate;
import dev.gatun.token.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A conversation with a model. The template makes one text of all that was said, the model
 * continues it, and what the cache holds of it from the turn before is not read again.
 */
public final class Chat implements AutoCloseable {
  private static final String SYSTEM = "system";

  private final Session session;
  private final int positions;
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final GenerationConfig config;
  private final List<Map<String, Object>> messages = new ArrayList<>();

  /**
   * An answer.
   *
   * @param text what the assistant said
   * @param promptTokens the length of the text that the model continued
   * @param reusedTokens how many of these the cache held
   * @param newTokens the length of the answer
   * @param forgotten how many of the oldest messages were left out, so that the rest has room
   */
  public record Reply(
      String text, int promptTokens, int reusedTokens, int newTokens, int forgotten) {}

  public Chat(CausalLm model, Tokenizer tokenizer, ChatTemplate template, GenerationConfig config) {
    this.session = new Session(model);
    this.positions = model.config().maxPositionEmbeddings();
    this.tokenizer = tokenizer;
    this.template = template;
    this.config = config;
  }

  /** Begins again, with a message of the system or, if it is empty, with none. */
  public void begin(String system) {
    messages.clear();
    if (!system.isEmpty()) {
      messages.add(ChatTemplate.message(SYSTEM, system));
    }
  }

  /**
   * Says something and returns the answer. If anything goes wrong the conversation is as before.
   *
   * @param pieces receives the answer as it comes
   * @throws ConfigurationException if the message alone is longer than the model can read
   */
  public Reply say(String text, Consumer<String> pieces) {
    messages.add(ChatTemplate.message("user", text));
    try {
      int before = messages.size();
      int[] prompt = prompt();
      GrowingText answer = new GrowingText(tokenizer, prompt, config.stopStrings(), true);
      int[] added =
          session.generate(
              prompt,
              config,
              (_, id) -> {
                pieces.accept(answer.add(id));
                return !answer.stopped();
              });
      pieces.accept(answer.finish());
      int forgotten = before - messages.size();
      messages.add(ChatTemplate.message("assistant", answer.newText().strip()));
      return new Reply(answer.newText(), prompt.length, session.reused(), added.length, forgotten);
    } catch (RuntimeException e) {
      messages.removeLast();
      throw e;
    }
  }

  /** The tokens of the conversation, without its oldest turns where it is too long. */
  private int[] prompt() {
    while (true) {
      int[] ids = tokenizer.encodeIds(template.render(messages, true).text(), false);
      int first = SYSTEM.equals(messages.getFirst().get("role")) ? 1 : 0;
      if (ids.length + (long) config.maxNewTokens() <= positions) {
        return ids;
      }
      if (messages.size() <= first + 2) {
        throw new ConfigurationException(
            ("the message makes a prompt of %d tokens, and max_new_tokens is %d, but the model"
                    + " knows %d positions: say less or lower max_new_tokens")
                .formatted(ids.length, config.maxNewTokens(), positions));
      }
      messages.subList(first, first + 2).clear();
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
