package dev.gatun.train;

import dev.gatun.autograd.Gradients;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.data.Batch;
import dev.gatun.data.Collator;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ModelConfig;
import dev.gatun.nn.Parameters;
import dev.gatun.op.Profile;
import dev.gatun.optim.AdamW;
import java.util.Arrays;
import java.util.List;

/**
 * Times whole training steps on random weights and random tokens: forward, backward, clip, AdamW.
 */
public final class StepBenchmark {
  private static final int SEED = 1;

  private final ModelConfig config;
  private final int B;
  private final int T;
  private final boolean checkpointing;
  private final Storage storage;
  private final boolean bf16;

  /**
   * What was measured.
   *
   * @param peakBytes of the model's and the step's region together
   * @param profile the operations of all timed steps
   */
  public record Result(
      long parameters,
      double medianMs,
      double minMs,
      double maxMs,
      double tokensPerSecond,
      double gflops,
      long peakBytes,
      List<Profile.Row> profile) {}

  /** Steps in F32 on the host. */
  public StepBenchmark(ModelConfig config, int B, int T, boolean checkpointing) {
    this(config, B, T, checkpointing, HostStorage.HOST, false);
  }

  /**
   * @param storage of the device that computes
   * @param bf16 as in {@link TrainingArguments}
   */
  public StepBenchmark(
      ModelConfig config, int B, int T, boolean checkpointing, Storage storage, boolean bf16) {
    this.config = config;
    this.B = B;
    this.T = T;
    this.checkpointing = checkpointing;
    this.storage = storage;
    this.bf16 = bf16;
  }

  /** Runs steps, first some that do not count. */
  public Result run(int warmup, int steps) {
    try (Region region = new Region("model", storage)) {
      CausalLm model = config.build();
      model.setGradientCheckpointing(checkpointing);
      Parameters parameters = model.parameters();
      parameters.materialize(region, DType.F32);
      parameters.initialize(SEED);
      Gradients gradients = parameters.allocateGradients(region);
      AdamW.Settings settings = new AdamW.Settings(0.9, 0.999, 1e-8, 0.1);
      AdamW optimizer = new AdamW(parameters.trainable(), settings, region);
      RoundedWeights weights =
          bf16 ? RoundedWeights.of(new TrainedModel.Whole(model), region) : RoundedWeights.none();
      TrainingStep.Settings stepSettings = new TrainingStep.Settings(1, 0, SEED);
      try (TrainingStep step =
          new TrainingStep(model, gradients, optimizer, stepSettings, weights)) {
        List<Batch> group = List.of(randomBatch());
        List<Double> scales = List.of(1.0 / group.getFirst().targetTokens());
        for (int i = 0; i < warmup; i++) {
          step.run(group, scales, 1e-4);
        }
        Profile profile = new Profile();
        double[] ms = new double[steps];
        for (int i = 0; i < steps; i++) {
          long start = System.nanoTime();
          profile.of(() -> step.run(group, scales, 1e-4));
          ms[i] = (System.nanoTime() - start) / 1e6;
        }
        return result(parameters, ms, region.peak() + step.peakBytes(), profile);
      }
    }
  }

  private Result result(Parameters parameters, double[] ms, long peakBytes, Profile profile) {
    Arrays.sort(ms);
    double median = ms[ms.length / 2];
    double flops = flopsPerToken(parameters) * B * T;
    return new Result(
        parameters.count(),
        median,
        ms[0],
        ms[ms.length - 1],
        B * T / median * 1e3,
        flops / median / 1e6,
        peakBytes,
        profile.rows());
  }

  /**
   * 6 per weight of a matrix product (2 forward, 4 backward), and 12·C·T per layer for attention.
   */
  private double flopsPerToken(Parameters parameters) {
    long weights = parameters.count();
    if (!config.tieWordEmbeddings()) {
      weights -= (long) config.vocabSize() * config.hiddenSize(); // a gather, not a product
    }
    double attention = 12.0 * config.numHiddenLayers() * config.hiddenSize() * T / 2;
    return 6.0 * weights + attention;
  }

  private Batch randomBatch() {
    Philox random = new Philox(SEED, 0);
    int[] ids = new int[B * T];
    int[] labels = new int[B * T];
    int[] lengths = new int[B];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = random.below(config.vocabSize(), i);
    }
    for (int b = 0; b < B; b++) {
      lengths[b] = T;
      for (int t = 0; t < T; t++) {
        labels[b * T + t] = t + 1 < T ? ids[b * T + t + 1] : Collator.IGNORED;
      }
    }
    return new Batch(ids, labels, lengths, B, T, B * (T - 1));
  }
}
