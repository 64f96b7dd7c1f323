package dev.gatun.generate;

import dev.gatun.autograd.Step;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.nn.KvCache;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Continues prompts token by token. The prompts are read in one pass, padded on the left to the
 * longest; after that each pass reads one token of each text, and keys and values of the past come
 * from a cache.
 */
public final class Generator {
  private final CausalLm model;

  /** Sees tokens as they are chosen. */
  @FunctionalInterface
  public interface TokenListener {
    /** A token was added to a text; returns whether that text goes on. */
    boolean token(int sequence, int id);
  }

  public Generator(CausalLm model) {
    this.model = model;
  }

  /**
   * Continues each prompt until an end token, the listener's word, or the number of tokens.
   *
   * @param prompts token ids, none empty
   * @return for each prompt its new tokens, an end token included
   */
  public List<int[]> generate(
      List<int[]> prompts, GenerationConfig config, TokenListener listener) {
    Texts texts = new Texts(prompts, config, listener);
    int capacity = texts.longestPrompt + config.maxNewTokens();
    requirePositions(capacity);
    Storage storage = model.parameters().storage();
    try (Region session = new Region("session", storage);
        Region step = new Region("step", storage)) {
      KvCache cache = model.newCache(session, prompts.size(), capacity);
      for (int n = 0; n < config.maxNewTokens() && texts.goOn(); n++) {
        step.reset();
        texts.choose(scores(texts, cache, step));
      }
    }
    return texts.added();
  }

  /** The scores [B, V] of the tokens that come next. */
  private float[] scores(Texts texts, KvCache cache, Region step) {
    return Step.run(
        step,
        () -> {
          Tensor logits = model.lastLogits(texts.unread(cache, step));
          return Tensors.toFloats(logits);
        });
  }

  private void requirePositions(int count) {
    int known = model.config().maxPositionEmbeddings();
    if (count > known) {
      throw new ConfigurationException(
          ("the prompt and max_new_tokens together need %d positions, the model knows %d:"
                  + " shorten the prompt or lower max_new_tokens")
              .formatted(count, known));
    }
  }

  /** The texts of one call and how far each has come. */
  private static final class Texts {
    private final TokenListener listener;
    private final List<Integer> eosTokenIds;
    private final List<Sampler> samplers = new ArrayList<>();
    private final int longestPrompt;
    private final int[] padding;
    private final int[][] ids;
    private final int[] ends;
    private final boolean[] ended;
    private int length;
    private int read;

    Texts(List<int[]> prompts, GenerationConfig config, TokenListener listener) {
      this.listener = listener;
      this.eosTokenIds = config.eosTokenIds();
      longestPrompt = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
      padding = new int[prompts.size()];
      ids = new int[prompts.size()][longestPrompt + config.maxNewTokens()];
      ends = new int[prompts.size()];
      ended = new boolean[prompts.size()];
      length = longestPrompt;
      int pad = eosTokenIds.isEmpty() ? 0 : eosTokenIds.getFirst();
      for (int b = 0; b < ids.length; b++) {
        int[] prompt = prompts.get(b);
        if (prompt.length == 0) {
          throw new ConfigurationException(
              "prompt " + b + " has no token: begin with the beginning-of-text token or some text");
        }
        padding[b] = longestPrompt - prompt.length;
        Arrays.fill(ids[b], pad);
        System.arraycopy(prompt, 0, ids[b], padding[b], prompt.length);
        samplers.add(new Sampler(config, b));
      }
    }

    boolean goOn() {
      for (boolean one : ended) {
        if (!one) {
          return true;
        }
      }
      return false;
    }

    /**
     * The tokens that the model has not seen: the prompts at first, then the last token of each
     * text.
     */
    ForwardInput unread(KvCache cache, Region region) {
      int T = length - read;
      int[] tokens = new int[ids.length * T];
      for (int b = 0; b < ids.length; b++) {
        System.arraycopy(ids[b], read, tokens, b * T, T);
      }
      read = length;
      Tensor unread = Tensors.of(region, Shape.of(ids.length, T), tokens);
      return ForwardInput.of(region, unread, padding, cache);
    }

    /** Chooses one token for each text that has not ended. */
    void choose(float[] scores) {
      int V = scores.length / ids.length;
      for (int b = 0; b < ids.length; b++) {
        if (ended[b]) {
          continue;
        }
        float[] own = Arrays.copyOfRange(scores, b * V, (b + 1) * V);
        int id = samplers.get(b).choose(own, Arrays.copyOf(ids[b], length));
        ids[b][length] = id;
        ends[b] = length + 1;
        boolean goesOn = listener.token(b, id);
        ended[b] = !goesOn || eosTokenIds.contains(id);
      }
      length++;
    }

    List<int[]> added() {
      List<int[]> added = new ArrayList<>();
      for (int b = 0; b < ids.length; b++) {
        added.add(Arrays.copyOfRange(ids[b], longestPrompt, Math.max(longestPrompt, ends[b])));
      }
      return added;
    }
  }
}
