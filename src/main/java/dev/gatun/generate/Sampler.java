package dev.gatun.generate;

import dev.gatun.core.Philox;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Chooses one token from scores: the best one, or one drawn from their softmax. */
final class Sampler {
  /** "sample": keeps the draws apart from other uses of the same seed. */
  private static final long STREAM = 0x73616D706C65L;

  private final List<LogitsProcessor> processors;
  private final boolean draw;
  private final Philox random;

  /**
   * @param sequence which of several texts: each has draws of its own
   */
  Sampler(GenerationConfig config, int sequence) {
    this.processors = LogitsProcessor.of(config);
    this.draw = config.doSample();
    this.random = new Philox(config.seed(), STREAM).derive(sequence);
  }

  /**
   * Chooses the token that follows {@code ids}.
   *
   * @param scores [V], changed in place
   * @param position of the token in its text: the address of the draw
   */
  int choose(float[] scores, int[] ids, int position) {
    for (LogitsProcessor processor : processors) {
      processor.process(scores, ids);
    }
    return draw ? draw(scores, position) : best(scores);
  }

  private int draw(float[] scores, int address) {
    double[] probabilities = probabilities(scores);
    double left = random.uniformDouble(address);
    int last = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        last = i;
        left -= probabilities[i];
        if (left < 0) {
          return i;
        }
      }
    }
    return last; // the probabilities summed to a little less than 1
  }

  /** The first of the best scores. */
  private static int best(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  /** The softmax in double. */
  static double[] probabilities(float[] scores) {
    double max = Double.NEGATIVE_INFINITY;
    for (float score : scores) {
      max = Math.max(max, score);
    }
    double[] probabilities = new double[scores.length];
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      probabilities[i] = StrictMath.exp(scores[i] - max);
      sum += probabilities[i];
    }
    double total = sum;
    Arrays.setAll(probabilities, i -> probabilities[i] / total);
    return probabilities;
  }

  /** The tokens that can be chosen. */
  static int[] candidates(float[] scores) {
    return IntStream.range(0, scores.length)
        .filter(i -> scores[i] != Float.NEGATIVE_INFINITY)
        .toArray();
  }
}
