package dev.gatun.train;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.WeightStorage;
import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.KvCache;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Profile;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Times reading a prompt and generating tokens one by one, on random weights and tokens. */
public final class DecodeBenchmark {
  private static final int SEED = 1;

  private final ModelConfig config;
  private final WeightStorage storage;
  private final int prompt;
  private final int tokens;

  /**
   * What was measured, in tokens per second.
   *
   * @param weightBytes read for each generated token
   * @param peakBytes of the regions of model, session and step together
   * @param profile the operations of tokens generated once more, which are not timed
   */
  public record Result(
      long parameters,
      Rate prompt,
      Rate decode,
      long weightBytes,
      long peakBytes,
      List<Profile.Row> profile) {
    /** Bytes of weights per second, in GB, at the median speed of decoding. */
    public double gigabytesPerSecond() {
      return weightBytes * decode.median() / 1e9;
    }
  }

  /** Tokens per second over several repetitions. */
  public record Rate(double median, double min, double max) {
    static Rate of(double[] rates) {
      Arrays.sort(rates);
      return new Rate(rates[rates.length / 2], rates[0], rates[rates.length - 1]);
    }
  }

  /**
   * @param prompt how many tokens to read in one pass
   * @param tokens how many to generate after them
   */
  public DecodeBenchmark(ModelConfig config, WeightStorage storage, int prompt, int tokens) {
    this.config = config;
    this.storage = storage;
    this.prompt = prompt;
    this.tokens = tokens;
  }

  /** Reads the prompt and generates several times, first some that do not count. */
  public Result run(int warmup, int repetitions) {
    try (Region region = new Region("model");
        Region session = new Region("session");
        Region step = new Region("step")) {
      CausalLm model = config.build();
      storage.apply(model);
      model.parameters().forEach(parameter -> parameter.setRequiresGrad(false));
      model.parameters().materialize(region, DType.F32);
      model.parameters().initialize(SEED);
      KvCache cache = model.newCache(session, 1, prompt + tokens);
      double[] prompts = new double[repetitions];
      double[] decodes = new double[repetitions];
      for (int i = -warmup; i < repetitions; i++) {
        cache.truncate(0);
        long start = System.nanoTime();
        int next = read(model, cache, step, ids(prompt));
        long between = System.nanoTime();
        decode(model, cache, step, next);
        if (i >= 0) {
          prompts[i] = prompt / ((between - start) / 1e9);
          decodes[i] = tokens / ((System.nanoTime() - between) / 1e9);
        }
      }
      return new Result(
          model.parameters().count(),
          Rate.of(prompts),
          Rate.of(decodes),
          weightBytes(model),
          region.peak() + session.peak() + step.peak(),
          profile(model, cache, step));
    }
  }

  /** One more repetition, so that counting is no part of the time. */
  private List<Profile.Row> profile(CausalLm model, KvCache cache, Region step) {
    cache.truncate(0);
    int next = read(model, cache, step, ids(prompt));
    Profile profile = new Profile();
    profile.of(() -> decode(model, cache, step, next));
    return profile.rows();
  }

  private int decode(CausalLm model, KvCache cache, Region step, int first) {
    int next = first;
    for (int i = 0; i < tokens; i++) {
      next = read(model, cache, step, next);
    }
    return next;
  }

  /** Reads tokens behind those in the cache; returns the best next one. */
  private static int read(CausalLm model, KvCache cache, Region step, int... ids) {
    step.reset();
    float[] scores =
        Step.run(
            step,
            () -> {
              Tensor tokens = Tensors.of(step, Shape.of(1, ids.length), ids);
              return Tensors.toFloats(
                  model.lastLogits(ForwardInput.of(step, tokens, new int[1], cache)));
            });
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  private int[] ids(int count) {
    Philox random = new Philox(SEED, 0);
    int[] ids = new int[count];
    Arrays.setAll(ids, i -> random.below(config.vocabSize(), i));
    return ids;
  }

  /** The matrices that a token is multiplied with. */
  private static long weightBytes(CausalLm model) {
    Set<Parameter> multiplied = new HashSet<>();
    for (AdaptableLayer layer : model.parameters().layers().values()) {
      if (!(layer instanceof Embedding)) {
        multiplied.add(layer.weight());
      }
    }
    return multiplied.stream().mapToLong(weight -> weight.ownValue().spec().bytes()).sum();
  }
}
