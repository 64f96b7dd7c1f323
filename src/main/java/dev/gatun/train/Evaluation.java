package dev.gatun.train;

import dev.gatun.autograd.Step;
import dev.gatun.data.Batch;
import dev.gatun.data.Collator;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model scores on text that it is not trained on.
 *
 * <p>{@code eval_loss} is Hugging Face's: the mean over rows of the mean loss of the row's batch,
 * with labels smoothed as in training. {@code eval_accuracy} is the share of target tokens to which
 * the model gives the highest score. {@code eval_bits_per_byte} is what a compressor built on the
 * model would need: {@code Σ nll / ln 2} over the bytes of the predicted text.
 *
 * @param loss see above
 * @param nll the summed loss of all target tokens without smoothing, in nats
 * @param correct target tokens that were predicted
 * @param targets target tokens
 * @param positions predicted positions, targets or not: the divisor of transformers' run_clm
 *     example
 * @param bytesPerToken the average length of a token of this text, or 0 if unknown
 */
public record Evaluation(
    double loss, double nll, long correct, long targets, long positions, double bytesPerToken) {
  /** The names that {@link #metrics} can have. */
  static final List<String> METRICS =
      List.of("eval_loss", "eval_accuracy", "eval_perplexity", "eval_bits_per_byte");

  /** Evaluates batches in order, by the plain loss. */
  public static Evaluation of(CausalLm model, Iterable<Batch> batches, double bytesPerToken) {
    return of(model, batches, bytesPerToken, 0);
  }

  /**
   * Evaluates batches in order.
   *
   * @param labelSmoothing ε of the loss
   */
  public static Evaluation of(
      CausalLm model, Iterable<Batch> batches, double bytesPerToken, double labelSmoothing) {
    double weightedLoss = 0;
    long rows = 0;
    double nll = 0;
    long correct = 0;
    long targets = 0;
    long positions = 0;
    try (Region region = new Region("evaluation", model.parameters().storage())) {
      for (Batch batch : batches) {
        region.reset();
        Score score = Step.run(region, () -> score(model, batch, region, (float) labelSmoothing));
        if (batch.targetTokens() > 0) {
          weightedLoss += score.loss() / batch.targetTokens() * batch.B();
          rows += batch.B();
        }
        nll += score.nll();
        correct += score.correct();
        targets += batch.targetTokens();
        positions += (long) batch.B() * (batch.T() - 1);
      }
    }
    return new Evaluation(
        weightedLoss / Math.max(1, rows), nll, correct, targets, positions, bytesPerToken);
  }

  /** The share of target tokens that were predicted. */
  public double accuracy() {
    return targets == 0 ? 0 : (double) correct / targets;
  }

  /** {@code e^loss}. */
  public double perplexity() {
    return Math.exp(loss);
  }

  /** Bits per byte of text; NaN where the length of tokens is unknown. */
  public double bitsPerByte() {
    return bytesPerToken == 0 ? Double.NaN : nll / targets / Math.log(2) / bytesPerToken;
  }

  /** The figures under the names that logs use. */
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("eval_loss", loss);
    metrics.put("eval_accuracy", accuracy());
    metrics.put("eval_perplexity", perplexity());
    if (bytesPerToken > 0) {
      metrics.put("eval_bits_per_byte", bitsPerByte());
    }
    return metrics;
  }

  private record Score(double loss, double nll, long correct) {}

  private static Score score(CausalLm model, Batch batch, Region region, float labelSmoothing) {
    Tensor logits = model.logits(ModelInputs.of(batch, region));
    int rows = batch.B() * batch.T();
    Tensor flat = logits.view(rows, logits.shape().columns());
    int[] predicted = Tensors.toInts(Ops.argMax(flat));
    long correct = 0;
    for (int i = 0; i < rows; i++) {
      int label = batch.labels()[i];
      if (label != Collator.IGNORED && label == predicted[i]) {
        correct++;
      }
    }
    Tensor labels = ModelInputs.labels(batch, region).view(rows);
    double nll = Tensors.item(Ops.crossEntropy(flat, labels, 1));
    double loss =
        labelSmoothing == 0 ? nll : Tensors.item(Ops.crossEntropy(flat, labels, 1, labelSmoothing));
    return new Score(loss, nll, correct);
  }
}
