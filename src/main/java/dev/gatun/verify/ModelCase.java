package dev.gatun.verify;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.data.Batch;
import dev.gatun.data.Collator;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.lora.LoraConfig;
import dev.gatun.lora.ModuleSelection;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.Gpt2Config;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.PhiConfig;
import dev.gatun.model.SpecialTokens;
import dev.gatun.model.WeightStorage;
import dev.gatun.nn.Activation;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Parameters;
import dev.gatun.nn.RopeScaling;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small model of a family with its weights, and what it is trained on. No size is a multiple of a
 * tile.
 *
 * @param training what of it is trained, and in which numbers
 * @param weights by name, each an F32 number that what stores it holds exactly; those of an adapter
 *     too
 */
record ModelCase(
    String name, ModelConfig config, Training training, Map<String, double[]> weights, long seed) {
  static final int BATCH = 2;
  static final int LENGTH = 13;

  private static final int SECOND = 7; // where the second text of the first row begins
  private static final int PADDING = 4;
  private static final int VOCABULARY = 37;
  private static final int LAYERS = 2;
  private static final int POSITIONS = 64;
  private static final double RANGE = 0.2;
  private static final double EPSILON = 1e-5;

  /**
   * One of each family, and what distinguishes the relatives of Llama; products in bf16; adapters
   * on F32 and on stored weights.
   */
  static List<ModelCase> all(long seed) {
    List<ModelCase> cases = new ArrayList<>();
    Training whole = new Training.Whole();
    cases.add(of("phi", phi(), whole, seed));
    for (LlamaConfig.Variant variant : LlamaConfig.Variant.values()) {
      LlamaConfig config = llama(variant);
      cases.add(of(config.modelType(), config, whole, seed));
    }
    cases.add(of("gpt2", gpt2(), whole, seed));
    cases.add(of("llama_bf16", llama(LlamaConfig.Variant.LLAMA), new Training.Bf16(), seed));
    cases.add(of("qwen2_lora", llama(LlamaConfig.Variant.QWEN2), linear(WeightStorage.F32), seed));
    WeightStorage nf4 = new WeightStorage(DType.NF4, DType.BF16);
    cases.add(of("qwen2_lora_nf4", llama(LlamaConfig.Variant.QWEN2), linear(nf4), seed));
    WeightStorage q8 = new WeightStorage(DType.Q8_0, DType.F32);
    cases.add(of("gpt2_lora_q8", gpt2(), adapter(q8, "ln_f", "c_attn", "c_proj"), seed));
    return cases;
  }

  /** On layers of several kinds, with biases and the last norm trained whole. */
  private static Training linear(WeightStorage base) {
    return adapter(base, "norm", "embed_tokens", "q_proj", "v_proj", "down_proj", "lm_head");
  }

  private static Training adapter(WeightStorage base, String saved, String... targets) {
    LoraConfig config =
        new LoraConfig(
            3,
            new ModuleSelection.Names(List.of(targets)),
            new ModuleSelection.Names(List.of()),
            8,
            0.1,
            LoraConfig.Bias.LORA_ONLY,
            true,
            List.of(saved),
            LoraConfig.Initialization.RANDOM,
            List.of(),
            List.of(),
            Map.of("down_proj", 5),
            Map.of("q_proj", 6.0));
    return new Training.Adapter(config, base);
  }

  private static PhiConfig phi() {
    return new PhiConfig(
        VOCABULARY,
        24,
        36,
        LAYERS,
        3,
        3,
        Activation.GELU_NEW,
        POSITIONS,
        RANGE,
        EPSILON,
        false,
        100,
        new RopeScaling.Default(),
        0.5,
        false,
        0,
        0,
        0,
        SpecialTokens.none());
  }

  private static LlamaConfig llama(LlamaConfig.Variant variant) {
    boolean gemma = variant == LlamaConfig.Variant.GEMMA;
    return new LlamaConfig(
        variant,
        VOCABULARY,
        24,
        36,
        LAYERS,
        4,
        2,
        6,
        gemma ? Activation.GELU_PYTORCH_TANH : Activation.SILU,
        POSITIONS,
        RANGE,
        EPSILON,
        gemma,
        100,
        new RopeScaling.Default(),
        variant == LlamaConfig.Variant.QWEN2,
        false,
        false,
        variant == LlamaConfig.Variant.QWEN3,
        variant == LlamaConfig.Variant.MISTRAL ? 5 : 0,
        0,
        0,
        SpecialTokens.none());
  }

  private static Gpt2Config gpt2() {
    return new Gpt2Config(
        VOCABULARY,
        POSITIONS,
        24,
        LAYERS,
        3,
        36,
        Activation.GELU_NEW,
        0,
        0,
        0,
        EPSILON,
        RANGE,
        true,
        false,
        true,
        SpecialTokens.none());
  }

  /** Weights as they are initialised, and noise, so that no bias is 0 and no gain 1. */
  private static ModelCase of(String name, ModelConfig config, Training training, long seed) {
    Map<String, double[]> weights = new LinkedHashMap<>();
    try (Region region = new Region("weights")) {
      CausalLm model = config.build();
      model.parameters().materialize(region, DType.F32);
      model.parameters().initialize(seed);
      addNoise(model.parameters(), seed);
      if (training instanceof Training.Adapter(LoraConfig lora, WeightStorage base)) {
        base.imprint(model);
        LoraAdapter adapter = new LoraAdapter(model, lora, LoraAdapter.DEFAULT_NAME);
        adapter.materialize(region);
        adapter.initialize(seed);
        addNoise(adapter.parameters(), seed);
        adapter.parameters().forEach(p -> weights.put(p.name(), Tensors.toDoubles(p.ownValue())));
      }
      model.parameters().forEach(p -> weights.put(p.name(), Tensors.toDoubles(p.ownValue())));
    }
    return new ModelCase(name, config, training, weights, seed);
  }

  private static void addNoise(Parameters parameters, long seed) {
    for (Parameter parameter : parameters) {
      double[] values = Tensors.toDoubles(parameter.ownValue());
      Philox noise = new Philox(seed, parameter.name().hashCode());
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (values[i] + RANGE / 2 * noise.normal(i));
      }
      Tensors.write(parameter.ownValue(), values);
    }
  }

  /**
   * Token ids, [B, T]. Two texts are packed into the first row; the second row ends with padding,
   * whose labels do not count.
   */
  Batch batch(int step) {
    Philox random = new Philox(seed, 3000L + step);
    int[] ids = new int[BATCH * LENGTH];
    int[] labels = new int[ids.length];
    int[] starts = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = random.below(config.vocabSize(), i);
      starts[i] = i >= SECOND && i < LENGTH ? SECOND : 0;
    }
    int targets = 0;
    for (int i = 0; i < ids.length; i++) {
      boolean ends = i == SECOND - 1 || i == LENGTH - 1 || i + 1 >= ids.length - PADDING;
      labels[i] = ends ? Collator.IGNORED : ids[i + 1];
      targets += ends ? 0 : 1;
    }
    int[] lengths = {LENGTH, LENGTH - PADDING};
    return new Batch(ids, labels, lengths, starts, BATCH, LENGTH, targets);
  }

  /** Prompts of different lengths. */
  List<int[]> prompts() {
    Philox random = new Philox(seed, 4000);
    List<int[]> prompts = new ArrayList<>();
    for (int length : new int[] {5, 2}) {
      int[] prompt = new int[length];
      for (int i = 0; i < length; i++) {
        prompt[i] = random.below(config.vocabSize(), 10L * length + i);
      }
      prompts.add(prompt);
    }
    return prompts;
  }
}
