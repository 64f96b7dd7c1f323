package dev.gatun.generate;

import dev.gatun.autograd.Step;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.nn.KvCache;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The texts that are continued together, and how far each has come. */
final class Sequences {
  private final List<Generator.Prompt> prompts;
  private final Generator.TokenListener listener;
  private final List<Integer> eosTokenIds;
  private final List<Sampler> samplers = new ArrayList<>();
  private final int longestPrompt;
  private final int[] padding;
  private final int[][] ids;
  private final int[] ends;
  private final boolean[] ended;
  private int length;
  private int read;

  Sequences(
      List<Generator.Prompt> prompts, GenerationConfig config, Generator.TokenListener listener) {
    this.prompts = prompts;
    this.listener = listener;
    this.eosTokenIds = config.eosTokenIds();
    longestPrompt = prompts.stream().mapToInt(prompt -> prompt.ids().length).max().orElse(0);
    padding = new int[prompts.size()];
    ids = new int[prompts.size()][Math.addExact(longestPrompt, config.maxNewTokens())];
    ends = new int[prompts.size()];
    ended = new boolean[prompts.size()];
    length = longestPrompt;
    for (int b = 0; b < ids.length; b++) {
      int[] prompt = prompts.get(b).ids();
      if (prompt.length == 0) {
        throw new ConfigurationException(
            "prompt "
                + prompts.get(b).number()
                + " has no token: begin with the beginning-of-text token or some text");
      }
      padding[b] = longestPrompt - prompt.length;
      System.arraycopy(prompt, 0, ids[b], padding[b], prompt.length);
      samplers.add(new Sampler(config, prompts.get(b).number()));
    }
  }

  /** The positions that the texts can come to. */
  int capacity() {
    return ids.length == 0 ? 0 : ids[0].length;
  }

  /** Takes the first tokens as read: a cache holds them. */
  void skip(int positions) {
    read = positions;
  }

  boolean goOn() {
    for (boolean one : ended) {
      if (!one) {
        return true;
      }
    }
    return false;
  }

  /** Reads what the model has not seen; returns the scores [B, V] of the tokens that come next. */
  float[] scores(CausalLm model, KvCache cache, Region step) {
    step.reset();
    return Step.run(step, () -> Tensors.toFloats(model.lastLogits(unread(cache, step))));
  }

  /**
   * The tokens that the model has not seen: the prompts at first, then the last token of each text.
   */
  private ForwardInput unread(KvCache cache, Region region) {
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
      int id = samplers.get(b).choose(own, seen(b), length - padding[b]);
      ids[b][length] = id;
      ends[b] = length + 1;
      boolean goesOn = listener.token(b, id);
      ended[b] = !goesOn || eosTokenIds.contains(id);
    }
    length++;
  }

  /** What the score processors see of a text. */
  private int[] seen(int b) {
    int[] before = prompts.get(b).before();
    int own = length - padding[b];
    int[] seen = Arrays.copyOf(before, before.length + own);
    System.arraycopy(ids[b], padding[b], seen, before.length, own);
    return seen;
  }

  List<int[]> added() {
    List<int[]> added = new ArrayList<>();
    for (int b = 0; b < ids.length; b++) {
      added.add(Arrays.copyOfRange(ids[b], longestPrompt, Math.max(longestPrompt, ends[b])));
    }
    return added;
  }
}
