package dev.gatun.train;

import dev.gatun.autograd.Gradients;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.data.Batch;
import dev.gatun.data.Collator;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.lora.LoraConfig;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.WeightStorage;
import dev.gatun.nn.Parameters;
import dev.gatun.op.Profile;
import dev.gatun.optim.AdamW;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Times whole training steps on random weights and random tokens: forward, backward, clip, AdamW.
 * With an adapter its weights are all that is trained.
 */
public final class StepBenchmark {
  private static final int SEED = 1;

  private final ModelConfig config;
  private final Settings settings;
  private final Storage storage;

  /**
   * What a step does.
   *
   * @param B rows
   * @param T tokens of each
   * @param checkpointing whether the activations of blocks are computed again
   * @param bf16 as in {@link TrainingArguments}
   * @param loraRank r of an adapter on the layers that PEFT chooses for the family, which is all
   *     that is trained then; 0 trains the model
   * @param base what the frozen weights under an adapter are stored as
   */
  public record Settings(
      int B, int T, boolean checkpointing, boolean bf16, int loraRank, WeightStorage base) {
    /** Steps in F32 that train the whole model. */
    public static Settings of(int B, int T) {
      return new Settings(B, T, false, false, 0, WeightStorage.F32);
    }

    public Settings {
      if (loraRank < 0) {
        throw new ConfigurationException("the rank of an adapter is at least 1, not " + loraRank);
      }
      if (loraRank == 0 && !base.isF32()) {
        throw new ConfigurationException(
            "weights that are trained are F32: another type is for those under an adapter");
      }
    }
  }

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

  /**
   * @param storage of the device that computes
   */
  public StepBenchmark(ModelConfig config, Settings settings, Storage storage) {
    this.config = config;
    this.settings = settings;
    this.storage = storage;
  }

  /**
   * Runs steps, first some that do not count.
   *
   * @param warmup how many of those at least
   * @param settle and for how long at least: the JIT compiler works beside the first steps
   */
  public Result run(int warmup, Duration settle, int steps) {
    try (Region region = new Region("model", storage)) {
      TrainedModel model = model(region);
      Parameters trained = model.trained();
      Gradients gradients = trained.allocateGradients(region);
      AdamW.Settings adamW = new AdamW.Settings(0.9, 0.999, 1e-8, 0.1);
      AdamW optimizer = new AdamW(trained.trainable(), adamW, region);
      RoundedWeights weights =
          settings.bf16() ? RoundedWeights.of(model, region) : RoundedWeights.none();
      TrainingStep.Settings stepSettings = new TrainingStep.Settings(1, 0, SEED);
      try (TrainingStep step =
          new TrainingStep(model.model(), gradients, optimizer, stepSettings, weights)) {
        List<Batch> group = List.of(randomBatch());
        List<Double> scales = List.of(1.0 / group.getFirst().targetTokens());
        long settled = System.nanoTime() + settle.toNanos();
        for (int i = 0; i < warmup || System.nanoTime() < settled; i++) {
          step.run(group, scales, 1e-4);
        }
        Profile profile = new Profile();
        double[] ms = new double[steps];
        for (int i = 0; i < steps; i++) {
          long start = System.nanoTime();
          profile.of(() -> step.run(group, scales, 1e-4));
          ms[i] = (System.nanoTime() - start) / 1e6;
        }
        return result(model, ms, region.peak() + step.peakBytes(), profile);
      }
    }
  }

  private TrainedModel model(Region region) {
    CausalLm model = config.build();
    settings.base().apply(model);
    model.setGradientCheckpointing(settings.checkpointing());
    model.parameters().materialize(region, DType.F32);
    model.parameters().initialize(SEED);
    if (settings.loraRank() == 0) {
      return new TrainedModel.Whole(model);
    }
    LoraConfig lora = LoraConfig.ofRank(settings.loraRank());
    LoraAdapter adapter = new LoraAdapter(model, lora, LoraAdapter.DEFAULT_NAME);
    adapter.materialize(region);
    adapter.initialize(SEED);
    adapter.activate();
    return new TrainedModel.Adapted(adapter, Path.of("base"), false, settings.base());
  }

  private Result result(TrainedModel model, double[] ms, long peakBytes, Profile profile) {
    Arrays.sort(ms);
    double median = ms[ms.length / 2];
    int tokens = settings.B() * settings.T();
    double flops = flopsPerToken(model) * tokens;
    return new Result(
        model.model().parameters().count(),
        median,
        ms[0],
        ms[ms.length - 1],
        tokens / median * 1e3,
        flops / median / 1e6,
        peakBytes,
        profile.rows());
  }

  /**
   * Per weight of a matrix product 2 forward and 2 for the gradient of its input, and 2 more if it
   * is trained; 12·C·T per layer for attention, of which half is masked.
   */
  private double flopsPerToken(TrainedModel model) {
    long weights = model.model().parameters().count();
    if (!config.tieWordEmbeddings()) {
      weights -= (long) config.vocabSize() * config.hiddenSize(); // a gather, not a product
    }
    long trained = weights;
    if (model instanceof TrainedModel.Adapted) {
      trained = model.trained().count();
      weights += trained;
    }
    double attention = 12.0 * config.numHiddenLayers() * config.hiddenSize() * settings.T() / 2;
    return 4.0 * weights + 2.0 * trained + attention;
  }

  private Batch randomBatch() {
    int B = settings.B();
    int T = settings.T();
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
