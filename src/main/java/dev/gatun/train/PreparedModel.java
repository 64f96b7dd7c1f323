package dev.gatun.train;

import dev.gatun.autograd.Gradients;
import dev.gatun.memory.Region;
import dev.gatun.nn.Parameters;
import dev.gatun.optim.AdamW;

/**
 * A model with all the memory that training takes beside that of a step: gradients and moments of
 * what is trained, and copies of what is rounded.
 */
record PreparedModel(
    TrainedModel trained, Gradients gradients, RoundedWeights weights, AdamW optimizer) {

  static PreparedModel of(TrainedModel trained, TrainingArguments arguments, Region region) {
    trained.model().setGradientCheckpointing(arguments.gradientCheckpointing());
    Parameters parameters = trained.trained();
    Gradients gradients = parameters.allocateGradients(region);
    RoundedWeights weights =
        arguments.bf16() ? RoundedWeights.of(trained, region) : RoundedWeights.none();
    AdamW optimizer = new AdamW(parameters.trainable(), arguments.adamW(), region);
    return new PreparedModel(trained, gradients, weights, optimizer);
  }

  /** A step, with a region of its own. */
  TrainingStep step(TrainingArguments arguments) {
    return new TrainingStep(
        trained.model(), gradients, optimizer, TrainingStep.Settings.of(arguments), weights);
  }
}
