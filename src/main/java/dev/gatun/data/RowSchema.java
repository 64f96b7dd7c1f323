package dev.gatun.data;

import dev.gatun.core.DataException;
import dev.gatun.token.ChatTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The layouts of columns that data sets have in practice. */
public enum RowSchema {
  /** One column of text. */
  TEXT("text"),
  /** {@code instruction}, {@code input} where it is needed, {@code output}. */
  ALPACA("instruction", "output"),
  /** {@code prompt} and {@code completion}, which follow each other as they are. */
  PROMPT_COMPLETION("prompt", "completion"),
  /** The same, both of them lists of {@code role} and {@code content}. */
  PROMPT_COMPLETION_MESSAGES("prompt", "completion"),
  /** {@code messages}, a list of {@code role} and {@code content}. */
  MESSAGES("messages"),
  /** {@code conversations}, a list of {@code from} and {@code value}. */
  SHAREGPT("conversations");

  /** The templates of the recipe, for the turns of a conversation. */
  private static final Map<String, String> RECIPE_TURNS =
      Map.of(
          "system", "{content}\n",
          "user", "<|prompt|> {content} ",
          "assistant", "<|assistant|> {content} <|endofanswer|>");

  private static final Map<String, String> SHAREGPT_ROLES =
      Map.of("human", "user", "gpt", "assistant");

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> columns;

  RowSchema(String... columns) {
    this.columns = List.of(columns);
  }

  /**
   * The layout of a row, by the columns that it has.
   *
   * @throws DataException if it is none of them
   */
  public static RowSchema of(DataRow row) {
    for (RowSchema schema : new RowSchema[] {MESSAGES, SHAREGPT, ALPACA, PROMPT_COMPLETION, TEXT}) {
      if (row.columns().keySet().containsAll(schema.columns)) {
        return schema.shownBy(row, Map.of());
      }
    }
    throw new DataException(
        "%s: the columns %s are no layout that is known; say which is which with data.schema"
                .formatted(row.place(), row.columns().keySet())
            + " and data.columns, for example"
            + " \"schema\": \"alpaca\", \"columns\": {\"instruction\": \"question\","
            + " \"output\": \"answer\"}");
  }

  /**
   * The layout with what a row shows of it: whether a prompt is a text or a conversation.
   *
   * @param names other names of columns by the layout's own
   */
  public RowSchema shownBy(DataRow row, Map<String, String> names) {
    return this == PROMPT_COMPLETION && row.columns().get(name(names, "prompt")) instanceof List
        ? PROMPT_COMPLETION_MESSAGES
        : this;
  }

  /** Whether rows have parts that are only read. */
  public boolean hasAnswers() {
    return this != TEXT;
  }

  /** Whether rows are conversations. */
  public boolean isConversation() {
    return this == MESSAGES || this == SHAREGPT || this == PROMPT_COMPLETION_MESSAGES;
  }

  /** Whether rows say themselves where a prompt ends. */
  public boolean hasCompletions() {
    return this == ALPACA || this == PROMPT_COMPLETION || this == PROMPT_COMPLETION_MESSAGES;
  }

  /** The columns that the layout knows, to be given other names. */
  public Set<String> columnNames() {
    return switch (this) {
      case TEXT -> Set.of("text");
      case ALPACA -> Set.of("instruction", "input", "output");
      case PROMPT_COMPLETION, PROMPT_COMPLETION_MESSAGES ->
          Set.of("prompt", "completion", "role", "content");
      case MESSAGES -> Set.of("messages", "role", "content");
      case SHAREGPT -> Set.of("conversations", "from", "value");
    };
  }

  /**
   * The form of such rows.
   *
   * @param names other names of columns by the layout's own
   * @param template of instruction and answer; the recipe's if absent, and none around a prompt and
   *     its completion
   * @param turns templates of conversation turns by role, which replace the recipe's
   * @param learned what of a conversation is
   */
  public RowForm form(
      Map<String, String> names,
      Optional<PromptTemplate> template,
      Map<String, String> turns,
      RowForm.Learned learned) {
    Map<String, String> templates = new LinkedHashMap<>(RECIPE_TURNS);
    templates.putAll(turns);
    return switch (this) {
      case TEXT -> new RowForm.Text(name(names, "text"));
      case ALPACA ->
          new RowForm.Instruction(
              name(names, "instruction"),
              name(names, "input"),
              name(names, "output"),
              template.orElse(PromptTemplate.RECIPE));
      case PROMPT_COMPLETION ->
          new RowForm.Instruction(
              name(names, "prompt"),
              "", // no column has an empty name
              name(names, "completion"),
              template.orElseGet(() -> PromptTemplate.of("{instruction}{output}")));
      case PROMPT_COMPLETION_MESSAGES, MESSAGES, SHAREGPT ->
          new RowForm.Conversation(turns(names), templates, learned);
    };
  }

  /** The form of such rows, conversations, in the words of a chat template. */
  public RowForm form(Map<String, String> names, ChatTemplate template, RowForm.Learned learned) {
    return new RowForm.Chat(turns(names), template, learned);
  }

  private RowForm.Turns turns(Map<String, String> names) {
    return new RowForm.Turns(
        name(names, columns.getFirst()),
        columns.stream().skip(1).findFirst().map(own -> name(names, own)),
        name(names, this == SHAREGPT ? "from" : "role"),
        name(names, this == SHAREGPT ? "value" : "content"),
        this == SHAREGPT ? SHAREGPT_ROLES : Map.of());
  }

  private static String name(Map<String, String> names, String own) {
    return names.getOrDefault(own, own);
  }
}
