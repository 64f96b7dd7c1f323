package dev.gatun.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.data.Packing;
import dev.gatun.data.PromptTemplate;
import dev.gatun.data.RowForm;
import dev.gatun.data.RowRules;
import dev.gatun.data.RowSchema;
import dev.gatun.data.TextMode;
import dev.gatun.data.TokenRows;
import dev.gatun.hub.JsonFields;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;

/**
 * The object {@code data} of a run configuration: what to train on.
 *
 * @param trainFiles {@code train_file} or {@code train}, one path or a list: UTF-8 text, {@code
 *     .jsonl}, {@code .json}, {@code .parquet}, or a folder of those as the Hugging Face hub has
 *     them
 * @param validationFiles {@code validation_file} or {@code validation}; if absent, {@code testSize}
 *     is held out
 * @param generated {@code generated}: the name of a generated corpus instead of files, or empty
 * @param textMode {@code text_mode}: {@code lines} or {@code document}, of text files
 * @param rows how rows of columns are read
 * @param testSize {@code test_size}: the held-out share of texts, or their number; of a document
 *     its end
 * @param splitSeed {@code split_seed}
 * @param contextLength {@code context_length}
 * @param overflow {@code overflow}, what becomes of a longer text: {@code rows} (several rows, the
 *     default for text), {@code truncate} (the default for questions and answers) or {@code drop}
 * @param minLength {@code min_length}: rows of fewer tokens are left out
 * @param maxLength {@code max_length}: texts of more tokens are left out
 * @param appendEos {@code append_eos}: whether the end-of-text token closes every text
 * @param packing {@code packing}: whether short texts share rows of {@code context_length} tokens,
 *     without seeing each other
 * @param evalPacking {@code eval_packing}: the same for held-out texts, by default as {@code
 *     packing}
 * @param loss what is learned
 */
record DataConfig(
    List<Path> trainFiles,
    List<Path> validationFiles,
    String generated,
    TextMode textMode,
    RowColumns rows,
    double testSize,
    long splitSeed,
    int contextLength,
    Optional<RowRules.Overflow> overflow,
    int minLength,
    int maxLength,
    boolean appendEos,
    boolean packing,
    boolean evalPacking,
    LossConfig loss) {

  /**
   * How rows of columns are read.
   *
   * @param schema {@code schema}: {@code text}, {@code alpaca}, {@code prompt_completion} (texts or
   *     conversations, as the first row has them), {@code messages}, {@code sharegpt}; by default
   *     the one that the columns of the first row show
   * @param columns {@code columns}: other names of columns by the schema's own
   * @param template {@code template}: the text that an instruction and its answer become
   * @param turns {@code turns}: the text that a turn of a conversation becomes, by role, instead of
   *     the tokenizer's chat template
   * @param chatTemplatePath {@code chat_template_path}: a Jinja file, or a folder with a tokenizer,
   *     whose chat template the tokenizer gets
   * @param field {@code field}: the list of rows in a JSON file that holds an object, or empty
   * @param split {@code split} of a folder to train on
   * @param validationSplit {@code validation_split} of the same folder, or empty
   */
  record RowColumns(
      Optional<RowSchema> schema,
      Map<String, String> columns,
      Optional<PromptTemplate> template,
      Map<String, String> turns,
      Optional<Path> chatTemplatePath,
      String field,
      String split,
      String validationSplit) {}

  /**
   * Which tokens are targets.
   *
   * @param assistantOnly of conversations what the assistant says alone: {@code
   *     assistant_only_loss}, else {@code loss_on}: {@code answers}, the default, or {@code all}
   * @param completionOnly of prompts with completions, texts or conversations, the completion
   *     alone, by {@code completion_only_loss}
   * @param required the keys that ask for answers by a name of one kind of rows
   * @param responseTemplate {@code response_template}: take for answers what follows this text, as
   *     trl's collator does, instead of what the schema knows to be the answer
   * @param instructionTemplate {@code instruction_template}: what begins the next question, if
   *     there are several
   */
  record LossConfig(
      boolean assistantOnly,
      boolean completionOnly,
      List<String> required,
      Optional<String> responseTemplate,
      Optional<String> instructionTemplate) {
    /**
     * What of a conversation is learned. A completion that is a conversation is learned as a whole
     * unless the assistant's words are asked for by name, as in trl.
     */
    RowForm.Learned learned(RowSchema schema) {
      return schema.hasCompletions()
          ? new RowForm.Learned(completionOnly, required.contains(ASSISTANT_ONLY))
          : new RowForm.Learned(false, assistantOnly);
    }

    /** Whether of these texts the answers alone are learned. */
    boolean answersOnly(Texts texts) {
      return texts
          .schema()
          .filter(RowSchema::hasAnswers)
          .map(this::learned)
          .filter(learned -> learned.completion() || learned.assistant())
          .isPresent();
    }

    /**
     * As trl, which refuses to look for what is not there.
     *
     * @throws ConfigurationException if the rows are not of the kind that a key is for
     */
    void requireKind(Texts texts) {
      for (String key : required) {
        boolean conversations = key.equals(ASSISTANT_ONLY);
        if (texts
            .schema()
            .filter(conversations ? RowSchema::isConversation : RowSchema::hasCompletions)
            .isEmpty()) {
          throw new ConfigurationException(
              "data.%s: the rows are not %s; leave it out, or say which columns are what with"
                      .formatted(key, conversations ? "conversations" : "prompts with completions")
                  + " data.schema and data.columns");
        }
      }
    }
  }

  private static final String ASSISTANT_ONLY = "assistant_only_loss";
  private static final String COMPLETION_ONLY = "completion_only_loss";

  private static final SequencedMap<String, TextMode> MODES = new LinkedHashMap<>();
  private static final SequencedMap<String, RowSchema> SCHEMAS = new LinkedHashMap<>();
  private static final SequencedMap<String, RowRules.Overflow> OVERFLOWS = new LinkedHashMap<>();
  private static final SequencedMap<String, Boolean> LOSSES = new LinkedHashMap<>();

  static {
    MODES.put("lines", TextMode.LINES);
    MODES.put("document", TextMode.DOCUMENT);
    SCHEMAS.put("text", RowSchema.TEXT);
    SCHEMAS.put("alpaca", RowSchema.ALPACA);
    SCHEMAS.put("prompt_completion", RowSchema.PROMPT_COMPLETION);
    SCHEMAS.put("messages", RowSchema.MESSAGES);
    SCHEMAS.put("sharegpt", RowSchema.SHAREGPT);
    OVERFLOWS.put("rows", RowRules.Overflow.ROWS);
    OVERFLOWS.put("truncate", RowRules.Overflow.TRUNCATE);
    OVERFLOWS.put("drop", RowRules.Overflow.DROP);
    LOSSES.put("answers", true);
    LOSSES.put("all", false);
  }

  static DataConfig read(JsonFields fields) {
    List<Path> trainFiles = paths(fields, "train_file", "train");
    String generated = fields.text("generated", "");
    if (trainFiles.isEmpty() == generated.isEmpty()) {
      throw fields.error("train_file", "or generated must be given, exactly one of the two");
    }
    double testSize = fields.number("test_size", 0);
    if (testSize < 0) {
      throw fields.error("test_size", "must not be negative, but is " + testSize);
    }
    boolean packing = packing(fields);
    return new DataConfig(
        trainFiles,
        paths(fields, "validation_file", "validation"),
        generated,
        fields.choice("text_mode", MODES, "lines"),
        rows(fields),
        testSize,
        fields.longInteger("split_seed", 42),
        fields.positive("context_length", 512),
        fields.has("overflow")
            ? Optional.of(fields.choice("overflow", OVERFLOWS))
            : Optional.empty(),
        fields.integer("min_length", 0),
        fields.positive("max_length", Integer.MAX_VALUE),
        fields.flag("append_eos", false),
        packing,
        fields.flag("eval_packing", packing),
        loss(fields));
  }

  /** The names of trl's {@code SFTConfig}. */
  private static boolean packing(JsonFields fields) {
    String strategy = fields.text("packing_strategy", "bfd");
    if (!strategy.equals("bfd")) {
      throw fields.error(
          "packing_strategy",
          "is 'bfd' or left out: Gatun never cuts a text to fill a row, nor lets texts of a row"
              + " see each other, as '"
              + strategy
              + "' would");
    }
    return fields.flag("packing", false);
  }

  private static RowColumns rows(JsonFields fields) {
    Optional<RowSchema> schema =
        fields.has("schema") ? Optional.of(fields.choice("schema", SCHEMAS)) : Optional.empty();
    Map<String, String> columns = texts(fields, "columns");
    if (!columns.isEmpty() && schema.isEmpty()) {
      throw fields.error("columns", "needs data.schema, which says what the columns are for");
    }
    for (String name : columns.keySet()) {
      if (!schema.orElseThrow().columnNames().contains(name)) {
        throw fields.error(
            "columns." + name,
            "is no column of the schema; those are " + schema.get().columnNames());
      }
    }
    Map<String, String> turns = texts(fields, "turns");
    turns.forEach(
        (role, template) -> {
          if (!template.contains("{content}")) {
            throw fields.error("turns." + role, "must contain {content}");
          }
        });
    Optional<Path> chatTemplate = fields.optionalText("chat_template_path").map(Path::of);
    if (chatTemplate.isPresent() && !turns.isEmpty()) {
      throw fields.error("turns", "and chat_template_path are two answers to one question");
    }
    return new RowColumns(
        schema,
        columns,
        fields.optionalText("template").map(text -> template(fields, text)),
        turns,
        chatTemplate,
        fields.text("field", ""),
        fields.text("split", "train"),
        fields.text("validation_split", ""));
  }

  private static PromptTemplate template(JsonFields fields, String text) {
    try {
      return PromptTemplate.of(text);
    } catch (ConfigurationException e) {
      throw fields.error("template", "is wrong: " + e.getMessage());
    }
  }

  private static LossConfig loss(JsonFields fields) {
    Optional<String> response = fields.optionalText("response_template");
    Optional<String> instruction = fields.optionalText("instruction_template");
    if (response.isEmpty() && instruction.isPresent()) {
      throw fields.error("instruction_template", "needs data.response_template beside it");
    }
    List<String> given =
        Stream.of("loss_on", ASSISTANT_ONLY, COMPLETION_ONLY).filter(fields::has).toList();
    if (response.isPresent() && !given.isEmpty()) {
      throw fields.error(given.getFirst(), "and response_template are two answers to one question");
    }
    if (given.size() > 1 && given.contains("loss_on")) {
      throw fields.error("loss_on", "and " + given.get(1) + " are two answers to one question");
    }
    boolean answers = fields.choice("loss_on", LOSSES, "answers");
    boolean assistant = fields.flag(ASSISTANT_ONLY, answers);
    boolean completion = fields.flag(COMPLETION_ONLY, answers);
    return new LossConfig(
        assistant,
        completion,
        given.stream().filter(key -> !key.equals("loss_on") && fields.flag(key, false)).toList(),
        response,
        instruction);
  }

  private static Map<String, String> texts(JsonFields fields, String key) {
    Map<String, String> texts = new LinkedHashMap<>();
    Optional<JsonFields> object = fields.object(key);
    if (object.isPresent()) {
      for (Map.Entry<String, JsonNode> entry : object.get().node().properties()) {
        texts.put(entry.getKey(), object.get().text(entry.getKey()));
      }
    }
    return texts;
  }

  /** The rows that texts make. */
  Packing packed(TokenRows texts, boolean packing) {
    return packing ? Packing.bestFitDecreasing(texts, contextLength) : Packing.none(texts);
  }

  /** Whether texts are held out to evaluate with. */
  boolean hasValidation() {
    return testSize > 0 || !validationFiles.isEmpty() || !rows.validationSplit().isEmpty();
  }

  /**
   * @param split the shorter name of the same, as in {@code data_files} of Hugging Face datasets
   */
  private static List<Path> paths(JsonFields fields, String file, String split) {
    if (fields.has(file) && fields.has(split)) {
      throw fields.error(split, "and " + file + " mean the same: give one of the two");
    }
    String key = fields.has(split) ? split : file;
    if (!fields.has(key)) {
      return List.of();
    }
    List<String> names =
        fields.node().get(key).isTextual() ? List.of(fields.text(key)) : fields.texts(key);
    return names.stream().map(Path::of).toList();
  }
}
