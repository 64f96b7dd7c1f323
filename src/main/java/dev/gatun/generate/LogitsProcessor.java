package dev.gatun.generate;

import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A change of the scores before a token is chosen. A token whose score is minus infinity cannot be
 * chosen. The order and the formulas are those of Hugging Face's {@code generation.logits_process}.
 */
public sealed interface LogitsProcessor {
  /**
   * Changes scores in place.
   *
   * @param scores [V], one for each token
   * @param ids the tokens so far, prompt and padding included
   */
  void process(float[] scores, int[] ids);

  /**
   * {@code s·p} for a negative score and {@code s/p} for another, once for each token that occurs.
   * Keskar et al., "CTRL", 2019, section 4.1.
   */
  record RepetitionPenalty(double penalty) implements LogitsProcessor {
    @Override
    public void process(float[] scores, int[] ids) {
      float p = (float) penalty;
      for (int id : new IntOpenHashSet(ids)) {
        scores[id] = scores[id] < 0 ? scores[id] * p : scores[id] / p;
      }
    }
  }

  /** Excludes each token that would complete n tokens in a row that occur already. */
  record NoRepeatNgram(int size) implements LogitsProcessor {
    @Override
    public void process(float[] scores, int[] ids) {
      int prefix = size - 1;
      for (int end = prefix; end < ids.length; end++) {
        boolean repeats =
            Arrays.equals(ids, end - prefix, end, ids, ids.length - prefix, ids.length);
        if (repeats) {
          scores[ids[end]] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /** {@code s/T}. */
  record Temperature(double temperature) implements LogitsProcessor {
    @Override
    public void process(float[] scores, int[] ids) {
      float t = (float) temperature;
      for (int i = 0; i < scores.length; i++) {
        scores[i] /= t;
      }
    }
  }

  /** Keeps the k best scores, and those equal to the k-th. */
  record TopK(int k) implements LogitsProcessor {
    @Override
    public void process(float[] scores, int[] ids) {
      if (k >= scores.length) {
        return;
      }
      float[] sorted = scores.clone();
      Arrays.sort(sorted);
      float least = sorted[sorted.length - k];
      for (int i = 0; i < scores.length; i++) {
        if (scores[i] < least) {
          scores[i] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /**
   * Keeps the smallest set of best tokens whose probability exceeds p. Holtzman et al., "The
   * Curious Case of Neural Text Degeneration", 2020, section 3.1: from the least probable token up,
   * those are dropped whose cumulative probability is at most 1 - p.
   */
  record TopP(double p) implements LogitsProcessor {
    @Override
    public void process(float[] scores, int[] ids) {
      int[] order = Sampler.candidates(scores);
      IntArrays.mergeSort(order, (a, b) -> Float.compare(scores[a], scores[b]));
      double[] probabilities = Sampler.probabilities(scores);
      double below = 0;
      for (int rank = 0; rank < order.length - 1; rank++) {
        below += probabilities[order[rank]];
        if (below > 1 - p) {
          return;
        }
        scores[order[rank]] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /** Keeps tokens whose probability is at least the given share of the best token's. */
  record MinP(double share) implements LogitsProcessor {
    @Override
    public void process(float[] scores, int[] ids) {
      double[] probabilities = Sampler.probabilities(scores);
      double best = Arrays.stream(probabilities).max().orElse(0);
      for (int i = 0; i < scores.length; i++) {
        if (probabilities[i] < share * best) {
          scores[i] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /**
   * The processors of a configuration in Hugging Face's order; greedy choice takes only the
   * penalties.
   */
  static List<LogitsProcessor> of(GenerationConfig config) {
    List<LogitsProcessor> processors = new ArrayList<>();
    if (config.repetitionPenalty() != 1) {
      processors.add(new RepetitionPenalty(config.repetitionPenalty()));
    }
    if (config.noRepeatNgramSize() > 0) {
      processors.add(new NoRepeatNgram(config.noRepeatNgramSize()));
    }
    if (!config.doSample()) {
      return processors;
    }
    if (config.temperature() != 1) {
      processors.add(new Temperature(config.temperature()));
    }
    if (config.topK() > 0) {
      processors.add(new TopK(config.topK()));
    }
    if (config.topP() < 1) {
      processors.add(new TopP(config.topP()));
    }
    if (config.minP() > 0) {
      processors.add(new MinP(config.minP()));
    }
    return processors;
  }
}
