package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.autograd.Step;
import dev.gatun.data.Batch;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EvaluationTest {
  private static final double SMOOTHING = 0.1;

  /** As in transformers, whose Trainer smooths labels wherever it computes a loss. */
  @Test
  void smoothingIsInTheLossAndNotInBitsPerByte() {
    try (Region region = new Region("model")) {
      CausalLm model = TinyTraining.model(region);
      Batch batch = TinyTraining.batch(5, 3);

      Evaluation plain = Evaluation.of(model, List.of(batch), 2);
      Evaluation smoothed = Evaluation.of(model, List.of(batch), 2, SMOOTHING);

      assertEquals(smoothed(model, batch, 0), plain.loss(), 1e-5);
      assertEquals(smoothed(model, batch, SMOOTHING), smoothed.loss(), 1e-5);
      assertEquals(plain.bitsPerByte(), smoothed.bitsPerByte());
      assertEquals(plain.accuracy(), smoothed.accuracy());
    }
  }

  /** The mean of {@code (1-ε) (-log p[label]) + ε mean(-log p)}, from the logits in doubles. */
  private static double smoothed(CausalLm model, Batch batch, double smoothing) {
    float[] logits;
    try (Region region = new Region("logits")) {
      logits =
          Step.run(region, () -> Tensors.toFloats(model.logits(ModelInputs.of(batch, region))));
    }
    int vocabulary = TinyTraining.VOCABULARY;
    double sum = 0;
    for (int row = 0; row < batch.labels().length; row++) {
      double total = 0;
      double mean = 0;
      for (int i = 0; i < vocabulary; i++) {
        total += Math.exp(logits[row * vocabulary + i]);
        mean += logits[row * vocabulary + i] / vocabulary;
      }
      double label = logits[row * vocabulary + batch.labels()[row]];
      sum += Math.log(total) - (1 - smoothing) * label - smoothing * mean;
    }
    return sum / batch.labels().length;
  }
}
