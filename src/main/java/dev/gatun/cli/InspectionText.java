package dev.gatun.cli;

import dev.gatun.train.DataInspection;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What {@code inspect data} prints. In colour, trained tokens are on green, in two shades in turn
 * so that their borders show, and the others are grey; without, brackets stand around trained
 * stretches.
 */
final class InspectionText {
  private static final String READ = "\u001b[90m";
  private static final String[] TRAINED = {"\u001b[30;42m", "\u001b[30;102m"};
  private static final String RESET = "\u001b[0m";
  private static final String[] COUNTS = {"", "", "²", "³", "⁴"};

  /** At the beginning and at the end of a stretch of tokens that are all trained, or all not. */
  private static final int SHOWN_OF_STRETCH = 80;

  private static final int BARS = 12;
  private static final int BAR_WIDTH = 50;

  private final PrintWriter out;
  private final boolean colour;

  InspectionText(PrintWriter out, boolean colour) {
    this.out = out;
    this.colour = colour;
  }

  void print(DataInspection seen) {
    out.println(
        colour
            ? "trained tokens are on green"
            : "trained stretches stand in ⟦ ⟧, tokens apart by ·");
    int number = 0;
    for (DataInspection.Example example : seen.examples()) {
      number++;
      out.println();
      out.println(caption(number, example, seen.contextLength()));
      out.println(colour ? coloured(example) : plain(example));
    }
    out.println();
    summary(seen).forEach(out::println);
    out.println();
    for (Bar bar : bars(seen)) {
      int width = Math.ceilDiv(bar.rows() * BAR_WIDTH, Math.max(1, largest(seen)));
      out.printf(
          Locale.ROOT,
          "%5d - %5d  %,9d  %s%n",
          bar.from(),
          bar.to(),
          bar.rows(),
          "#".repeat(width));
    }
    out.flush();
  }

  /** What is said of a row beside its tokens. */
  static String caption(int number, DataInspection.Example example, int contextLength) {
    return String.format(
        Locale.ROOT,
        "row %d: %,d tokens, %,d trained%s",
        number,
        example.length(),
        example.trained(),
        example.length() == contextLength ? ", as long as the context" : "");
  }

  /** The figures, a line each. */
  static List<String> summary(DataInspection seen) {
    String report = seen.report().describe();
    return List.of(
        String.format(
            Locale.ROOT,
            "%,d rows to train on, %,d held out, of at most %,d tokens",
            seen.rows(),
            seen.heldOut(),
            seen.contextLength()),
        String.format(
            Locale.ROOT,
            "%,d tokens, %,d of them trained: %.1f %%",
            seen.tokens(),
            seen.trained(),
            100 * seen.trainedShare()),
        String.format(
            Locale.ROOT,
            "of %,d texts: %s",
            seen.report().texts(),
            report.isEmpty() ? "none cut, none left out" : report),
        String.format(
            Locale.ROOT,
            "%,d rows repeat an earlier one; %,d held-out rows are trained on too",
            seen.duplicates(),
            seen.leaked()));
  }

  /** Rows whose length is in a range, both ends included. */
  record Bar(int from, int to, int rows) {}

  /** The histogram of lengths. */
  static List<Bar> bars(DataInspection seen) {
    int longest = seen.lengths().size() - 1;
    int width = Math.max(1, Math.ceilDiv(longest, BARS));
    int shortest = 1;
    while (shortest + width <= longest
        && bar(seen.lengths(), shortest, shortest + width - 1).rows() == 0) {
      shortest += width;
    }
    return IntStream.iterate(shortest, from -> from <= longest, from -> from + width)
        .mapToObj(from -> bar(seen.lengths(), from, Math.min(longest, from + width - 1)))
        .toList();
  }

  static int largest(DataInspection seen) {
    return bars(seen).stream().mapToInt(Bar::rows).max().orElse(0);
  }

  private static Bar bar(List<Integer> lengths, int from, int to) {
    return new Bar(
        from, to, lengths.subList(from, to + 1).stream().mapToInt(Integer::intValue).sum());
  }

  private static String coloured(DataInspection.Example example) {
    List<DataInspection.Token> tokens = example.tokens();
    return line(
        tokens,
        i -> (tokens.get(i).trained() ? TRAINED[i % 2] : READ) + shown(tokens.get(i)) + RESET);
  }

  private static String plain(DataInspection.Example example) {
    List<DataInspection.Token> tokens = example.tokens();
    String line = line(tokens, i -> border(tokens, i) + shown(tokens.get(i)));
    return line + (!tokens.isEmpty() && tokens.getLast().trained() ? "⟧" : "");
  }

  /** What stands between a token and the one before it. */
  private static String border(List<DataInspection.Token> tokens, int at) {
    boolean before = at > 0 && tokens.get(at - 1).trained();
    if (tokens.get(at).trained() != before) {
      return before ? "⟧" : "⟦";
    }
    return at == 0 ? "" : "·";
  }

  /** The tokens one after another, with a note where some are left out. */
  private static String line(List<DataInspection.Token> tokens, IntFunction<String> token) {
    StringBuilder line = new StringBuilder();
    int i = 0;
    while (i < tokens.size()) {
      int skipped = skipped(tokens, i);
      line.append(skipped > 0 ? left(skipped) : token.apply(i));
      i += Math.max(1, skipped);
    }
    return line.toString();
  }

  private static String left(int skipped) {
    return String.format(Locale.ROOT, " … %,d more … ", skipped);
  }

  /**
   * How many tokens to leave out from here on: the middle of a long stretch that is trained, or
   * only read, as a whole.
   */
  private static int skipped(List<DataInspection.Token> tokens, int at) {
    int start = at - SHOWN_OF_STRETCH;
    boolean trained = tokens.get(at).trained();
    if (start < 0
        || (start > 0 && tokens.get(start - 1).trained() == trained)
        || tokens.get(start).trained() != trained
        || tokens.subList(start, at).stream().anyMatch(token -> token.trained() != trained)) {
      return 0;
    }
    int end = at;
    while (end < tokens.size() && tokens.get(end).trained() == trained) {
      end++;
    }
    return Math.max(0, end - at - SHOWN_OF_STRETCH);
  }

  /** A token's text; a character of several tokens has their number beside it. */
  static String shown(DataInspection.Token token) {
    int count = token.ids().size();
    return visible(token.text()) + (count > 1 ? COUNTS[count] : "");
  }

  /** Line ends and other controls as signs: a text must not steer the terminal. */
  static String visible(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (c == '\n') {
                shown.append('⏎');
              } else if (Character.isISOControl(c)) {
                shown.append('␣');
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.toString();
  }
}
