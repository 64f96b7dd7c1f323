package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.data.DataFolder;
import dev.gatun.data.DataRow;
import dev.gatun.data.InstructionRow;
import dev.gatun.data.MarkedText;
import dev.gatun.data.RowFiles;
import dev.gatun.data.RowForm;
import dev.gatun.data.RowSchema;
import dev.gatun.data.TextCorpus;
import dev.gatun.data.quickstart.QuickstartData;
import dev.gatun.hub.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The texts that a run is trained on or scored with: files, or a corpus that is generated. */
sealed interface Texts {
  /** Hands every text with its marks to the consumer, in order; may be called again. */
  void forEachMarked(Consumer<MarkedText> consumer);

  /** Hands every text to the consumer, in order; may be called again. */
  default void forEach(Consumer<String> consumer) {
    forEachMarked(marked -> consumer.accept(marked.text()));
  }

  /** The layout of the rows among them; none for plain text. */
  default Optional<RowSchema> schema() {
    return Optional.empty();
  }

  /** Whether the texts have parts that are only read: prompts before answers. */
  default boolean hasAnswers() {
    return schema().filter(RowSchema::hasAnswers).isPresent();
  }

  /**
   * The same texts as a model with this tokenizer reads them: conversations in the words of its
   * chat template, where it has one and the configuration has none of its own.
   */
  default Texts readBy(TokenizerFolder tokenizer) {
    return this;
  }

  /** Questions that the texts do not hold, with their one right answer; none for files. */
  default List<InstructionRow> questions() {
    return List.of();
  }

  /** Text files. */
  record Corpus(TextCorpus corpus) implements Texts {
    @Override
    public void forEachMarked(Consumer<MarkedText> consumer) {
      try {
        corpus.forEach(text -> consumer.accept(MarkedText.whole(text)));
      } catch (IOException e) {
        throw new DataException(corpus.files() + ": cannot be read: " + e.getMessage(), e);
      }
    }
  }

  /** Files of rows. */
  record Rows(RowFiles files, DataConfig config, RowSchema layout, RowForm form) implements Texts {
    Rows(RowFiles files, DataConfig config, RowSchema layout) {
      this(files, config, layout, Texts.form(config, layout));
    }

    @Override
    public void forEachMarked(Consumer<MarkedText> consumer) {
      files.forEach(row -> consumer.accept(form.of(row)));
    }

    @Override
    public Optional<RowSchema> schema() {
      return Optional.of(layout);
    }

    @Override
    public Texts readBy(TokenizerFolder tokenizer) {
      DataConfig.RowColumns rows = config.rows();
      if (!layout.isConversation() || !rows.turns().isEmpty() || tokenizer.chat().isEmpty()) {
        return this;
      }
      RowForm.Learned learned = config.loss().learned(layout);
      return new Rows(
          files, config, layout, layout.form(rows.columns(), tokenizer.chat().get(), learned));
    }
  }

  /** The generated corpus of the quick start, with its questions. */
  record Quickstart(QuickstartData data) implements Texts {
    @Override
    public void forEachMarked(Consumer<MarkedText> consumer) {
      data.corpus().forEach(text -> consumer.accept(MarkedText.whole(text)));
    }

    @Override
    public List<InstructionRow> questions() {
      return unseen(data);
    }
  }

  /** The questions and answers of the quick start. */
  record QuickstartAnswers(QuickstartData data, RowForm form) implements Texts {
    @Override
    public void forEachMarked(Consumer<MarkedText> consumer) {
      int number = 0;
      for (InstructionRow row : data.train()) {
        number++;
        consumer.accept(form.of(row(row, "quickstart, row " + number)));
      }
    }

    @Override
    public List<InstructionRow> questions() {
      return unseen(data);
    }

    private static DataRow row(InstructionRow row, String place) {
      return new DataRow(
          place,
          Map.of("instruction", row.instruction(), "input", row.input(), "output", row.output()));
    }

    @Override
    public Optional<RowSchema> schema() {
      return Optional.of(RowSchema.ALPACA);
    }
  }

  /** Texts of several kinds, one after another. */
  record Joined(List<Texts> parts) implements Texts {
    @Override
    public void forEachMarked(Consumer<MarkedText> consumer) {
      parts.forEach(part -> part.forEachMarked(consumer));
    }

    @Override
    public Optional<RowSchema> schema() {
      return parts.stream().flatMap(part -> part.schema().stream()).findFirst();
    }

    @Override
    public Texts readBy(TokenizerFolder tokenizer) {
      return new Joined(parts.stream().map(part -> part.readBy(tokenizer)).toList());
    }
  }

  /** The texts of files and folders; plain text comes before rows. */
  static Texts of(List<Path> paths, String split, DataConfig config) {
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        files.addAll(DataFolder.files(path, split));
      } else {
        files.add(path);
      }
    }
    List<Path> text = files.stream().filter(file -> !RowFiles.holdsRows(file)).toList();
    List<Path> rows = files.stream().filter(RowFiles::holdsRows).toList();
    if (rows.isEmpty()) {
      return new Corpus(new TextCorpus(text, config.textMode()));
    }
    RowFiles found = new RowFiles(rows, config.rows().field());
    Texts ofRows = new Rows(found, config, schema(found, config.rows()));
    return text.isEmpty()
        ? ofRows
        : new Joined(List.of(new Corpus(new TextCorpus(text, config.textMode())), ofRows));
  }

  private static RowForm form(DataConfig config, RowSchema schema) {
    DataConfig.RowColumns rows = config.rows();
    return schema.form(
        rows.columns(), rows.template(), rows.turns(), config.loss().learned(schema));
  }

  /** The schema of the configuration, or the one that the first row shows. */
  private static RowSchema schema(RowFiles files, DataConfig.RowColumns rows) {
    DataRow first =
        files
            .first()
            .orElseThrow(() -> new DataException(files.files() + ": there is no row to train on"));
    return rows.schema()
        .map(given -> given.shownBy(first, rows.columns()))
        .orElseGet(() -> RowSchema.of(first));
  }

  private static List<InstructionRow> unseen(QuickstartData data) {
    return data.unseen().stream().map(QuickstartData.Unseen::row).toList();
  }

  /** The texts held out by the configuration itself; absent where a share is to be held out. */
  static Optional<Texts> validation(DataConfig config) {
    if (!config.validationFiles().isEmpty()) {
      String split = config.rows().validationSplit();
      return Optional.of(
          of(config.validationFiles(), split.isEmpty() ? "validation" : split, config));
    }
    if (!config.rows().validationSplit().isEmpty()) {
      return Optional.of(of(config.trainFiles(), config.rows().validationSplit(), config));
    }
    return Optional.empty();
  }

  /**
   * The texts to train on.
   *
   * @throws ConfigurationException for a generated corpus that does not exist
   */
  static Texts of(DataConfig config, long seed) {
    return switch (config.generated()) {
      case "" -> of(config.trainFiles(), config.rows().split(), config);
      case "quickstart" -> new Quickstart(QuickstartData.generate(seed));
      case "quickstart-answers" ->
          new QuickstartAnswers(QuickstartData.generate(seed), form(config, RowSchema.ALPACA));
      default ->
          throw new ConfigurationException(
              "data.generated: there is no generated corpus '"
                  + config.generated()
                  + "', only 'quickstart' and 'quickstart-answers'");
    };
  }
}
