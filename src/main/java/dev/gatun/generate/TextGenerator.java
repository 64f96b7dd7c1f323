package dev.gatun.generate;

import dev.gatun.model.CausalLm;
import dev.gatun.token.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Text in, text out: a generator with the tokenizer of its model. */
public final class TextGenerator {
  private final Generator generator;
  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;

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

  /** A generator whose texts leave out special tokens. */
  public TextGenerator(CausalLm model, Tokenizer tokenizer) {
    this(model, tokenizer, true);
  }

  /** A generator whose texts leave out special tokens, or show them. */
  public TextGenerator(CausalLm model, Tokenizer tokenizer, boolean skipSpecialTokens) {
    this.generator = new Generator(model);
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /**
   * Continues one prompt and hands out text as it comes, never half a character. Of several
   * sequences, the first is handed out and returned.
   *
   * @param pieces receives each piece of new text
   */
  public Continuation generate(String prompt, GenerationConfig config, Consumer<String> pieces) {
    return continuations(
            List.of(prompt),
            0,
            config,
            (sequence, piece) -> {
              if (sequence == 0) {
                pieces.accept(piece);
              }
            })
        .getFirst();
  }

  /**
   * Continues several prompts together.
   *
   * @return for each prompt as many texts as the configuration asks for, one after the other
   */
  public List<Continuation> generate(List<String> prompts, GenerationConfig config) {
    return generate(prompts, 0, config);
  }

  /**
   * Continues a part of many prompts. What is drawn for a prompt depends on its number, not on the
   * part it came in.
   *
   * @param first the number of the first prompt among all
   */
  public List<Continuation> generate(List<String> prompts, int first, GenerationConfig config) {
    return continuations(prompts, first, config, (_, _) -> {});
  }

  /** Receives pieces of the text of one sequence. */
  private interface Pieces {
    void accept(int sequence, String piece);
  }

  private List<Continuation> continuations(
      List<String> prompts, int first, GenerationConfig config, Pieces pieces) {
    List<Generator.Prompt> promptIds = new ArrayList<>();
    List<GrowingText> texts = new ArrayList<>();
    for (String prompt : prompts) {
      int[] ids = tokenizer.encodeIds(prompt, true);
      promptIds.add(Generator.Prompt.of(ids, first + promptIds.size()));
      for (int i = 0; i < config.numReturnSequences(); i++) {
        texts.add(new GrowingText(tokenizer, ids, config.stopStrings(), skipSpecialTokens));
      }
    }
    List<int[]> added =
        generator.generate(
            promptIds,
            config,
            (sequence, id) -> {
              GrowingText text = texts.get(sequence);
              pieces.accept(sequence, text.add(id));
              return !text.stopped();
            });
    List<Continuation> continuations = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      GrowingText text = texts.get(i);
      pieces.accept(i, text.finish());
      int[] prompt = promptIds.get(i / config.numReturnSequences()).ids();
      continuations.add(new Continuation(prompt, added.get(i), text.promptText(), text.newText()));
    }
    return continuations;
  }
}
