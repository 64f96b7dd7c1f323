package dev.gatun.generate;

import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.KvCache;
import java.util.Arrays;
import java.util.List;

/**
 * One text that grows over several calls, as a conversation does. Keys and values are kept, so that
 * a call reads only what the prompt has behind the part that it shares with the text so far.
 */
final class Session implements AutoCloseable {
  private static final int SMALLEST = 256;

  private final CausalLm model;
  private final Region step;
  private Region region;
  private KvCache cache;

  /** The tokens whose keys and values the cache holds. */
  private int[] held = {};

  private int reused;
  private int turn;

  Session(CausalLm model) {
    this.model = model;
    this.step = new Region("step", model.parameters().storage());
    this.region = new Region("session", model.parameters().storage());
    this.cache = model.newCache(region, 1, Math.min(SMALLEST, positions()));
  }

  /**
   * Continues a prompt.
   *
   * @param listener sees each token as sequence 0
   * @return the new tokens, an end token included
   */
  int[] generate(int[] prompt, GenerationConfig config, Generator.TokenListener listener) {
    Sequences text = new Sequences(List.of(Generator.Prompt.of(prompt, turn++)), config, listener);
    Generator.requirePositions(model, text.capacity());
    reserve(text.capacity());
    reused = Math.min(shared(prompt), prompt.length - 1); // the last token gives the scores
    cache.truncate(reused);
    text.skip(reused);
    for (int n = 0; n < config.maxNewTokens() && text.goOn(); n++) {
      text.choose(text.scores(model, cache, step));
    }
    int[] added = text.added().getFirst();
    held = Arrays.copyOf(prompt, cache.length());
    System.arraycopy(added, 0, held, prompt.length, held.length - prompt.length);
    return added;
  }

  /** The length of what the prompt and the held tokens both begin with. */
  private int shared(int[] prompt) {
    int different = Arrays.mismatch(held, prompt);
    return different < 0 ? prompt.length : different;
  }

  /** How many tokens of the last prompt did not have to be read again. */
  int reused() {
    return reused;
  }

  /** Makes room for a number of positions; what was held is forgotten if that takes a new cache. */
  private void reserve(int capacity) {
    if (capacity <= cache.capacity()) {
      return;
    }
    region.close();
    region = new Region("session", model.parameters().storage());
    held = new int[0];
    cache = model.newCache(region, 1, Math.max(capacity, Math.min(2 * capacity, positions())));
  }

  private int positions() {
    return model.config().maxPositionEmbeddings();
  }

  @Override
  public void close() {
    region.close();
    step.close();
  }
}
