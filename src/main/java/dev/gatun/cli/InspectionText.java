package dev.gatun.cli;

import dev.gatun.train.DataInspection;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
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
    for (DataInspection.Example example : seen.examples()) {
      out.println();
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
    return IntStream.iterate(1, from -> from <= longest, from -> from + width)
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
    StringBuilder line = new StringBuilder();
    int number = 0;
    for (DataInspection.Token token : example.tokens()) {
      number++;
      line.append(token.trained() ? TRAINED[number % 2] : READ)
          .append(visible(token.text()))
          .append(RESET);
    }
    return line.toString();
  }

  private static String plain(DataInspection.Example example) {
    StringBuilder line = new StringBuilder();
    boolean trained = false;
    for (DataInspection.Token token : example.tokens()) {
      if (token.trained() != trained) {
        line.append(token.trained() ? "⟦" : "⟧");
        trained = token.trained();
      } else if (!line.isEmpty()) {
        line.append('·');
      }
      line.append(visible(token.text()));
    }
    return line.append(trained ? "⟧" : "").toString();
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
