package dev.gatun.generate;

import dev.gatun.token.StreamingDecoder;
import dev.gatun.token.Tokenizer;
import java.util.List;

/**
 * The text of one sequence as its tokens come: no half characters, no special tokens where they are
 * not wanted, nothing from a stop string on.
 */
final class GrowingText {
  private final StreamingDecoder decoder;
  private final StopText text;
  private final String promptText;

  /** Begins behind a prompt, since the text of a token can depend on what is before it. */
  GrowingText(
      Tokenizer tokenizer, int[] prompt, List<String> stopStrings, boolean skipSpecialTokens) {
    decoder = new StreamingDecoder(tokenizer, skipSpecialTokens);
    text = new StopText(stopStrings);
    StringBuilder read = new StringBuilder();
    for (int id : prompt) {
      read.append(decoder.add(id));
    }
    promptText = read.toString();
  }

  /** The prompt as its tokens say it. */
  String promptText() {
    return promptText;
  }

  /** Takes a token; returns the text that can be shown now. */
  String add(int id) {
    return text.add(decoder.add(id));
  }

  /** Whether a stop string has come. */
  boolean stopped() {
    return text.stopped();
  }

  /** No more tokens come: returns the rest of the text. */
  String finish() {
    return text.add(decoder.finish()) + text.finish();
  }

  /** All of the text behind the prompt. */
  String newText() {
    return text.text();
  }
}
