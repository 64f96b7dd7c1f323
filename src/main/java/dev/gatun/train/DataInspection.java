package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.data.Collator;
import dev.gatun.data.RowRules;
import dev.gatun.data.TokenRows;
import dev.gatun.hub.TokenizerFolder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a run would train on, before it does.
 *
 * @param examples the first rows, token by token
 * @param rows rows to train on
 * @param heldOut rows held out
 * @param tokens of the rows to train on
 * @param trained tokens of them that are targets
 * @param duplicates rows whose tokens are those of an earlier one
 * @param leaked held-out rows whose tokens are those of a row to train on
 * @param contextLength the most tokens that a row may have
 * @param lengths how many rows there are of each length, from 0 to the longest
 * @param report what became of the texts
 */
public record DataInspection(
    List<Example> examples,
    int rows,
    int heldOut,
    long tokens,
    long trained,
    int duplicates,
    int leaked,
    int contextLength,
    List<Integer> lengths,
    RowRules.Report report) {

  /** Stands for tokens that end within a character. */
  private static final String PART = "◌";

  /** A character has at most so many bytes, and each may be a token. */
  private static final int MOST_BYTES = 4;

  /** A row to train on. */
  public record Example(List<Token> tokens) {
    /** The number of its tokens. */
    public int length() {
      return tokens.stream().mapToInt(token -> token.ids().size()).sum();
    }

    /** How many of them are targets. */
    public int trained() {
      return tokens.stream().filter(Token::trained).mapToInt(token -> token.ids().size()).sum();
    }
  }

  /**
   * A token, or several that have parts of one character.
   *
   * @param ids in order
   * @param text as they decode
   * @param trained whether they are targets
   */
  public record Token(List<Integer> ids, String text, boolean trained) {}

  /**
   * Reads the data as a run would.
   *
   * @param origin what messages call the configuration
   * @param limit the number of examples
   */
  public static DataInspection of(
      String origin, ObjectNode object, List<String> overrides, int limit, RunListener listener) {
    RunConfig config = RunConfig.read(origin, object, overrides);
    return config.named(() -> of(config, limit, listener));
  }

  private static DataInspection of(RunConfig config, int limit, RunListener listener) {
    Texts texts = Texts.of(config.data(), config.training().seed());
    TokenizerFolder tokenizer = TokenizerSetup.of(config, texts, Optional.empty(), listener);
    TrainingData data = TrainingData.of(config.data(), texts, tokenizer);
    return of(data, tokenizer, config.data().contextLength(), limit);
  }

  private static DataInspection of(
      TrainingData data, TokenizerFolder tokenizer, int contextLength, int limit) {
    TokenRows rows = data.train();
    List<Example> examples = new ArrayList<>();
    int[] lengths = new int[rows.longest() + 1];
    Map<Row, Integer> seen = new HashMap<>();
    long trained = 0;
    for (int row = 0; row < rows.size(); row++) {
      lengths[rows.length(row)]++;
      trained += data.collator().targets(rows, row);
      seen.merge(new Row(rows.row(row)), 1, Integer::sum);
      if (row < limit) {
        examples.add(example(data.collator(), rows, row, tokenizer));
      }
    }
    int leaked = 0;
    TokenRows heldOut = data.validation().orElse(rows.select(new int[0]));
    for (int row = 0; row < heldOut.size(); row++) {
      leaked += seen.containsKey(new Row(heldOut.row(row))) ? 1 : 0;
    }
    return new DataInspection(
        examples,
        rows.size(),
        heldOut.size(),
        rows.tokens(),
        trained,
        rows.size() - seen.size(),
        leaked,
        contextLength,
        Arrays.stream(lengths).boxed().toList(),
        data.report());
  }

  private static Example example(
      Collator collator, TokenRows rows, int row, TokenizerFolder tokenizer) {
    int[] ids = rows.row(row);
    int[] labels = rows.labels(row);
    collator.label(labels, 0, labels.length);
    List<Token> tokens = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < ids.length; i++) {
      String text = tokenizer.tokenizer().decode(Arrays.copyOfRange(ids, first, i + 1), false);
      boolean part = text.indexOf('\uFFFD') >= 0;
      boolean target = isTarget(labels, i);
      boolean goesOn = i + 1 < ids.length && isTarget(labels, i + 1) == target;
      if (part && goesOn && i - first < MOST_BYTES - 1) {
        continue;
      }
      List<Integer> group = Arrays.stream(ids, first, i + 1).boxed().toList();
      tokens.add(new Token(group, part ? PART : text, target));
      first = i + 1;
    }
    return new Example(tokens);
  }

  private static boolean isTarget(int[] labels, int at) {
    return at > 0 && labels[at] != Collator.IGNORED;
  }

  /** The share of tokens that are targets. */
  public double trainedShare() {
    return tokens == 0 ? 0 : (double) trained / tokens;
  }

  /** Ids of one row, equal to equal ones. */
  private static final class Row {
    private final int[] ids;

    Row(int[] ids) {
      this.ids = ids;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Row row && Arrays.equals(ids, row.ids);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(ids);
    }
  }
}
