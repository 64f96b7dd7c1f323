package dev.gatun.train;

import java.util.List;

/**
 * What one step did.
 *
 * @param loss of the accumulation group, in nats per token
 * @param microLosses what each micro-batch contributed to it
 * @param gradNorm the norm of all gradients before clipping
 * @param learningRate that was used
 * @param targetTokens how many tokens the loss is over
 * @param tokens how many positions were computed, padding included
 */
public record StepReport(
    double loss,
    List<Double> microLosses,
    double gradNorm,
    double learningRate,
    long targetTokens,
    long tokens) {
  public StepReport {
    microLosses = List.copyOf(microLosses);
  }
}
