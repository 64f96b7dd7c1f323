package dev.gatun.generate;

import dev.gatun.core.ConfigurationException;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.KvCache;
import java.util.ArrayList;
import java.util.List;

/**
 * Continues prompts token by token. The prompts are read in one pass, padded on the left to the
 * longest; after that each pass reads one token of each text, and keys and values of the past come
 * from a cache. What a text becomes does not depend on the others it is padded for.
 */
public final class Generator {
  private final CausalLm model;

  /** Sees tokens as they are chosen. */
  @FunctionalInterface
  public interface TokenListener {
    /** A token was added to a text; returns whether that text goes on. */
    boolean token(int sequence, int id);
  }

  /**
   * A prompt and what stands before it for the score processors alone: transformers lets the
   * repetition penalty see the padding of a batch, which its fixtures record.
   *
   * @param ids the tokens, none empty
   * @param before tokens that the model does not read
   * @param number tells apart the draws of different prompts with the same seed
   */
  // Arrays for what they are: nobody changes them.
  @SuppressWarnings("ArrayRecordComponent")
  public record Prompt(int[] ids, int[] before, int number) {
    /** A prompt with nothing before it. */
    public static Prompt of(int[] ids, int number) {
      return new Prompt(ids, new int[0], number);
    }
  }

  public Generator(CausalLm model) {
    this.model = model;
  }

  /**
   * Continues each prompt until an end token, the listener's word, or the number of tokens. With
   * several sequences for each prompt, those of one prompt follow each other.
   *
   * @return for each sequence its new tokens, an end token included
   */
  public List<int[]> generate(
      List<Prompt> prompts, GenerationConfig config, TokenListener listener) {
    int each = config.numReturnSequences();
    List<Prompt> sequences = new ArrayList<>();
    for (Prompt prompt : prompts) {
      for (int i = 0; i < each; i++) {
        sequences.add(new Prompt(prompt.ids, prompt.before, prompt.number * each + i));
      }
    }
    Sequences texts = new Sequences(sequences, config, listener);
    int capacity = texts.capacity();
    requirePositions(model, capacity);
    Storage storage = model.parameters().storage();
    try (Region session = new Region("session", storage);
        Region step = new Region("step", storage)) {
      KvCache cache = model.newCache(session, sequences.size(), capacity);
      for (int n = 0; n < config.maxNewTokens() && texts.goOn(); n++) {
        texts.choose(texts.scores(model, cache, step));
      }
    }
    return texts.added();
  }

  static void requirePositions(CausalLm model, int count) {
    int known = model.config().maxPositionEmbeddings();
    if (count > known) {
      throw new ConfigurationException(
          ("the prompt and max_new_tokens together need %d positions, the model knows %d:"
                  + " shorten the prompt or lower max_new_tokens")
              .formatted(count, known));
    }
  }
}
