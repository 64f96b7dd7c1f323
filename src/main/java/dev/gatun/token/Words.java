package dev.gatun.token;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A pre-tokenizer made ready to run. Its stages fall into three parts:
 *
 * <pre>
 *   leading rewriters   see the whole section (a space put in front, spaces marked)
 *   splitters           only cut, so a word is a range of the text: what a word becomes can be
 *                       remembered by its characters
 *   the rest            rewrite, and perhaps cut again, one word
 * </pre>
 */
final class Words {
  private final List<Rewriter> leading = new ArrayList<>();
  private final List<Splitter> splitters = new ArrayList<>();
  private final List<Stage> rest;

  Words(@Nullable PreTokenizer preTokenizer) {
    List<Stage> stages = preTokenizer == null ? List.of() : Stage.of(preTokenizer);
    int at = 0;
    while (at < stages.size() && stages.get(at) instanceof Rewriter rewriter) {
      leading.add(rewriter);
      at++;
    }
    while (at < stages.size() && stages.get(at) instanceof Splitter splitter) {
      splitters.add(splitter);
      at++;
    }
    rest = List.copyOf(stages.subList(at, stages.size()));
  }

  /** Whether a rewriter asks for a word's place in the original, which needs alignment to tell. */
  boolean positional() {
    return rest.stream().anyMatch(stage -> stage instanceof Rewriter r && r.positional());
  }

  /** Whether any rewriter asks for a section's place in the original. */
  boolean positionalAnywhere() {
    return positional() || leading.stream().anyMatch(Rewriter::positional);
  }

  /** Whether words are cut from the text; if not, a section is one word however long it is. */
  boolean cuts() {
    return !splitters.isEmpty();
  }

  /** The section as the leading rewriters leave it. */
  NormalizedText lead(NormalizedText section) {
    NormalizedText text = section;
    for (Rewriter rewriter : leading) {
      text = rewriter.rewrite(text);
    }
    return text;
  }

  /** The words of a text that {@link #lead} has seen, as ranges. */
  void split(String text, SpanSink out) {
    split(text, 0, text.length(), 0, out);
  }

  private void split(String text, int from, int to, int splitter, SpanSink out) {
    if (splitter < splitters.size()) {
      SpanSink next =
          splitter == splitters.size() - 1
              ? out
              : (start, end) -> split(text, start, end, splitter + 1, out);
      splitters.get(splitter).split(text, from, to, next);
    } else if (from < to) {
      out.span(from, to);
    }
  }

  /** What the rest of the stages make of one word: usually one piece. */
  void finish(NormalizedText word, Consumer<NormalizedText> out) {
    finish(word, 0, out);
  }

  private void finish(NormalizedText piece, int stage, Consumer<NormalizedText> out) {
    if (piece.length() == 0) {
      return;
    }
    if (stage == rest.size()) {
      out.accept(piece);
      return;
    }
    switch (rest.get(stage)) {
      case Rewriter rewriter -> finish(rewriter.rewrite(piece), stage + 1, out);
      case Splitter splitter ->
          splitter.split(
              piece.text(),
              0,
              piece.length(),
              (from, to) -> finish(piece.slice(from, to), stage + 1, out));
    }
  }
}
