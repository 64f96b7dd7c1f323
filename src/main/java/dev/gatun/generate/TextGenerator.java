package dev.gatun.generate;

import dev.gatun.model.CausalLm;
import dev.gatun.token.StreamingDecoder;
import dev.gatun.token.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Text in, text out: a generator with the tokenizer of its model. */
public final class TextGenerator {
  private final Generator generator;
  private final Tokenizer tokenizer;

  /**
   * A continued prompt.
   *
   * @param promptIds the tokens of the prompt
   * @param promptText the prompt as its tokens say it, without special tokens
   * @param newIds the tokens that were added, an end token included
   * @param newText the text that was added, without special tokens, up to a stop string
   */
  // Arrays for what they are: nobody changes them.
  @SuppressWarnings("ArrayRecordComponent")
  public record Continuation(int[] promptIds, int[] newIds, String promptText, String newText) {
    /** Prompt and new text. */
    public String text() {
      return promptText + newText;
    }
  }

  public TextGenerator(CausalLm model, Tokenizer tokenizer) {
    this.generator = new Generator(model);
    this.tokenizer = tokenizer;
  }

  /**
   * Continues one prompt and hands out text as it comes, never half a character.
   *
   * @param pieces receives each piece of new text
   */
  public Continuation generate(String prompt, GenerationConfig config, Consumer<String> pieces) {
    return continuations(List.of(prompt), config, (_, piece) -> pieces.accept(piece)).getFirst();
  }

  /** Continues several prompts together. */
  public List<Continuation> generate(List<String> prompts, GenerationConfig config) {
    return continuations(prompts, config, (_, _) -> {});
  }

  /** Receives pieces of the text of one sequence. */
  private interface Pieces {
    void accept(int sequence, String piece);
  }

  private List<Continuation> continuations(
      List<String> prompts, GenerationConfig config, Pieces pieces) {
    List<int[]> promptIds = new ArrayList<>();
    List<StopText> texts = new ArrayList<>();
    List<StreamingDecoder> decoders = new ArrayList<>();
    List<String> promptTexts = new ArrayList<>();
    for (String prompt : prompts) {
      int[] ids = tokenizer.encodeIds(prompt, true);
      StreamingDecoder decoder = new StreamingDecoder(tokenizer, true);
      promptIds.add(ids);
      promptTexts.add(read(decoder, ids));
      texts.add(new StopText(config.stopStrings()));
      decoders.add(decoder);
    }
    List<int[]> added =
        generator.generate(
            promptIds,
            config,
            (sequence, id) -> {
              StopText text = texts.get(sequence);
              pieces.accept(sequence, text.add(decoders.get(sequence).add(id)));
              return !text.stopped();
            });
    List<Continuation> continuations = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      StopText text = texts.get(i);
      pieces.accept(i, text.add(decoders.get(i).finish()) + text.finish());
      continuations.add(
          new Continuation(promptIds.get(i), added.get(i), promptTexts.get(i), text.text()));
    }
    return continuations;
  }

  /** Reads the prompt, since the text of a token can depend on what is before it. */
  private static String read(StreamingDecoder decoder, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.add(id));
    }
    return text.toString();
  }
}
