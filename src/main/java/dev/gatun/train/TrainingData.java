package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.data.CausalCollator;
import dev.gatun.data.Collator;
import dev.gatun.data.CompletionCollator;
import dev.gatun.data.MarkedEncoder;
import dev.gatun.data.RowRules;
import dev.gatun.data.Split;
import dev.gatun.data.TextMode;
import dev.gatun.data.TokenRows;
import dev.gatun.hub.TokenizerFolder;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Token rows of at most the context length, to train on and to evaluate with.
 *
 * @param bytesPerToken the average UTF-8 length of a token of the evaluated text; 0 where only
 *     answers are evaluated, of which it says nothing
 * @param collator which tokens of a row are targets
 * @param report what became of the texts to train on
 */
record TrainingData(
    TokenRows train,
    Optional<TokenRows> validation,
    double bytesPerToken,
    Collator collator,
    RowRules.Report report) {

  /** Token rows, one for each text, and the length of each text in bytes. */
  private record Tokenized(TokenRows rows, LongArrayList bytes) {
    static Tokenized of(Texts texts, MarkedEncoder encoder) {
      TokenRows.Builder rows = new TokenRows.Builder();
      LongArrayList bytes = new LongArrayList();
      texts.forEachMarked(
          text -> {
            if (encoder.encode(text, rows)) {
              bytes.add(text.text().getBytes(StandardCharsets.UTF_8).length);
            }
          });
      return new Tokenized(rows.build(), bytes);
    }

    Tokenized select(int[] texts) {
      LongArrayList selected = new LongArrayList();
      for (int text : texts) {
        selected.add(bytes.getLong(text));
      }
      return new Tokenized(rows.select(texts), selected);
    }

    double bytesPerToken() {
      long sum = 0;
      for (int i = 0; i < bytes.size(); i++) {
        sum += bytes.getLong(i);
      }
      return (double) sum / Math.max(1, rows.tokens());
    }
  }

  /** Texts to train on and texts held out. */
  private record Parts(TokenRows train, Optional<TokenRows> validation, double bytesPerToken) {}

  /**
   * Reads, tokenizes, splits, cuts and filters.
   *
   * @throws DataException if there is no text, or no token that would be trained
   */
  static TrainingData of(DataConfig config, Texts given, TokenizerFolder tokenizer) {
    config.loss().requireKind(given);
    Texts texts = given.readBy(tokenizer);
    MarkedEncoder encoder = encoder(config, texts, tokenizer);
    Tokenized all = Tokenized.of(texts, encoder);
    if (all.rows().size() == 0) {
      throw new DataException("data.train_file: the files hold no text to train on");
    }
    Parts parts =
        Texts.validation(config)
            .map(held -> Tokenized.of(held.readBy(tokenizer), encoder))
            .map(held -> new Parts(all.rows(), Optional.of(held.rows()), held.bytesPerToken()))
            .orElseGet(() -> split(config, texts, all));
    Collator collator = collator(config, tokenizer);
    RowRules rules = rules(config, texts.hasAnswers());
    RowRules.Result train = rules.apply(parts.train(), collator);
    requireTargets(config, train, collator);
    boolean answersOnly = config.loss().answersOnly(texts);
    return new TrainingData(
        train.rows(),
        parts.validation().map(held -> rules.apply(held, collator).rows()),
        answersOnly ? 0 : parts.bytesPerToken(),
        collator,
        train.report());
  }

  private static MarkedEncoder encoder(DataConfig config, Texts texts, TokenizerFolder tokenizer) {
    OptionalInt end = config.appendEos() ? tokenizer.eosTokenId() : OptionalInt.empty();
    if (config.appendEos() && end.isEmpty()) {
      throw new ConfigurationException(
          "data.append_eos: the tokenizer has no end-of-text token to append");
    }
    DataConfig.LossConfig loss = config.loss();
    boolean marks = loss.answersOnly(texts) && loss.responseTemplate().isEmpty();
    return new MarkedEncoder(tokenizer.tokenizer(), end, marks);
  }

  /** What pads short rows; any id, as no row learns from it. */
  static int pad(TokenizerFolder tokenizer) {
    return tokenizer.padTokenId().orElse(tokenizer.eosTokenId().orElse(0));
  }

  static Collator collator(DataConfig config, TokenizerFolder tokenizer) {
    DataConfig.LossConfig loss = config.loss();
    if (loss.responseTemplate().isEmpty()) {
      return new CausalCollator();
    }
    int[] response = ids(tokenizer, loss.responseTemplate().get());
    return loss.instructionTemplate().isEmpty()
        ? CompletionCollator.lastAnswer(response, pad(tokenizer))
        : CompletionCollator.everyAnswer(
            response, ids(tokenizer, loss.instructionTemplate().get()), pad(tokenizer));
  }

  /** As trl: the template by itself, without what the tokenizer puts around texts. */
  private static int[] ids(TokenizerFolder tokenizer, String template) {
    return tokenizer.tokenizer().encodeIds(template, false);
  }

  /** The collator of trl sees every row; what has no answer is otherwise left out. */
  static RowRules rules(DataConfig config, boolean hasAnswers) {
    RowRules.Overflow overflow =
        config.overflow().orElse(hasAnswers ? RowRules.Overflow.TRUNCATE : RowRules.Overflow.ROWS);
    boolean dropUntrained = hasAnswers && config.loss().responseTemplate().isEmpty();
    return new RowRules(
        config.contextLength(), overflow, config.minLength(), config.maxLength(), dropUntrained);
  }

  private static void requireTargets(DataConfig config, RowRules.Result train, Collator collator) {
    TokenRows rows = train.rows();
    for (int row = 0; row < rows.size(); row++) {
      if (collator.targets(rows, row) > 0) {
        return;
      }
    }
    String template = config.loss().responseTemplate().orElse("");
    throw new DataException(
        "no token would be trained: of %,d texts none has a target (%s); %s"
            .formatted(
                train.report().texts(),
                train.report().describe(),
                template.isEmpty()
                    ? "look at them with 'inspect data', and at data.context_length, which"
                        + " cuts answers off"
                    : "data.response_template '"
                        + template
                        + "' does not occur in them as the same tokens; leave it out and the"
                        + " answers are found without it"));
  }

  private static Parts split(DataConfig config, Texts texts, Tokenized all) {
    if (config.testSize() == 0) {
      return new Parts(all.rows(), Optional.empty(), all.bytesPerToken());
    }
    boolean documents = texts instanceof Texts.Corpus && config.textMode() == TextMode.DOCUMENT;
    return documents ? endHeldOut(config, all) : textsHeldOut(config, all);
  }

  /** A random choice of texts is held out. */
  private static Parts textsHeldOut(DataConfig config, Tokenized all) {
    Split split = Split.of(all.rows().size(), config.testSize(), config.splitSeed());
    Tokenized held = all.select(split.test());
    return new Parts(
        all.rows().select(split.train()), Optional.of(held.rows()), held.bytesPerToken());
  }

  /** Documents: the end of each is held out, so that no held-out text surrounds training text. */
  private static Parts endHeldOut(DataConfig config, Tokenized all) {
    TokenRows.Builder train = new TokenRows.Builder();
    TokenRows.Builder validation = new TokenRows.Builder();
    for (int i = 0; i < all.rows().size(); i++) {
      int[] ids = all.rows().row(i);
      double share = config.testSize() < 1 ? config.testSize() : config.testSize() / ids.length;
      int border = (int) ((1 - Math.min(1, share)) * ids.length);
      train.add(Arrays.copyOfRange(ids, 0, border));
      validation.add(Arrays.copyOfRange(ids, border, ids.length));
    }
    return new Parts(train.build(), Optional.of(validation.build()), all.bytesPerToken());
  }
}
