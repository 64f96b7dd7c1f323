package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.LlamaConfig.Variant;
import dev.gatun.model.SpecialTokens;
import dev.gatun.nn.Activation;
import java.util.List;

/**
 * {@code LlamaConfig}, {@code MistralConfig}, {@code Qwen2Config}, {@code Qwen3Config} and {@code
 * GemmaConfig} of transformers.
 */
final class LlamaConfigJson {
  private LlamaConfigJson() {}

  /** The defaults in which the classes differ; 0 where a value follows from others. */
  private record Defaults(
      int vocabSize,
      int hiddenSize,
      int intermediateSize,
      int numHiddenLayers,
      int numAttentionHeads,
      int numKeyValueHeads,
      int headDim,
      int maxPositionEmbeddings,
      boolean tieWordEmbeddings,
      SpecialTokens specialTokens) {

    // spotless:off
    static Defaults of(Variant variant) {
      SpecialTokens llama = new SpecialTokens(1, List.of(2), null);
      SpecialTokens gemma = new SpecialTokens(2, List.of(1), 0);
      SpecialTokens qwen = SpecialTokens.none();
      return switch (variant) {
        case LLAMA -> new Defaults(32000, 4096, 11008, 32, 32, 0, 0, 2048, false, llama);
        case MISTRAL -> new Defaults(32000, 4096, 14336, 32, 32, 8, 0, 131072, false, llama);
        case QWEN2 -> new Defaults(151936, 4096, 22016, 32, 32, 32, 0, 32768, false, qwen);
        case QWEN3 -> new Defaults(151936, 4096, 22016, 32, 32, 32, 128, 32768, false, qwen);
        case GEMMA -> new Defaults(256000, 3072, 24576, 28, 16, 16, 256, 8192, true, gemma);
      };
    }
    // spotless:on
  }

  static LlamaConfig read(JsonFields fields, Variant variant) {
    Defaults defaults = Defaults.of(variant);
    int hidden = fields.positive("hidden_size", defaults.hiddenSize);
    int layers = fields.positive("num_hidden_layers", defaults.numHiddenLayers);
    int heads = fields.positive("num_attention_heads", defaults.numAttentionHeads);
    int positions = fields.positive("max_position_embeddings", defaults.maxPositionEmbeddings);
    RopeJson rope = readRope(fields, positions);
    SlidingWindowJson window = SlidingWindowJson.read(fields, variant, layers);
    boolean attentionBias = readAttentionBias(fields, variant);
    fields.accept("pretraining_tp"); // the same products, cut in pieces
    return new LlamaConfig(
        variant,
        fields.positive("vocab_size", defaults.vocabSize),
        hidden,
        fields.positive("intermediate_size", defaults.intermediateSize),
        layers,
        heads,
        orElse(fields, "num_key_value_heads", defaults.numKeyValueHeads, heads),
        readHeadDim(fields, defaults, hidden, heads),
        readActivation(fields, variant),
        positions,
        fields.number("initializer_range", 0.02),
        fields.number("rms_norm_eps", 1e-6),
        fields.flag("tie_word_embeddings", defaults.tieWordEmbeddings),
        rope.theta(),
        rope.scaling(),
        attentionBias || variant == Variant.QWEN2,
        attentionBias,
        variant == Variant.LLAMA && fields.flag("mlp_bias", false),
        variant == Variant.QWEN3,
        window.size(),
        window.maxWindowLayers(),
        fields.optionalNumber("attention_dropout").orElse(0.0),
        SpecialTokensJson.read(fields, defaults.specialTokens));
  }

  static void write(LlamaConfig config, ObjectNode json) {
    json.put("vocab_size", config.vocabSize())
        .put("hidden_size", config.hiddenSize())
        .put("intermediate_size", config.intermediateSize())
        .put("num_hidden_layers", config.numHiddenLayers())
        .put("num_attention_heads", config.numAttentionHeads())
        .put("num_key_value_heads", config.numKeyValueHeads())
        .put("hidden_act", config.hiddenAct().key())
        .put("max_position_embeddings", config.maxPositionEmbeddings())
        .put("initializer_range", config.initializerRange())
        .put("rms_norm_eps", config.rmsNormEps())
        .put("tie_word_embeddings", config.tieWordEmbeddings())
        .put("attention_dropout", config.attentionDropout());
    writeHeadDim(config, json);
    switch (config.variant()) {
      case LLAMA -> json.put("attention_bias", config.qkvBias()).put("mlp_bias", config.mlpBias());
      case QWEN3 -> json.put("attention_bias", config.qkvBias());
      case GEMMA ->
          json.put("attention_bias", config.qkvBias())
              .put("hidden_activation", config.hiddenAct().key());
      case MISTRAL, QWEN2 -> {}
    }
    SlidingWindowJson.write(config, json);
    RopeJson.write(config.ropeTheta(), config.ropeScaling(), json);
    SpecialTokensJson.write(config.specialTokens(), json);
  }

  /** Qwen2 and older Llama files leave out what follows from other keys. */
  private static void writeHeadDim(LlamaConfig config, ObjectNode json) {
    boolean follows = config.headDim() * config.numAttentionHeads() == config.hiddenSize();
    boolean hasDefault = Defaults.of(config.variant()).headDim != 0;
    if (!follows || hasDefault || json.has("head_dim")) {
      json.put("head_dim", config.headDim());
    }
  }

  private static RopeJson readRope(JsonFields fields, int positions) {
    RopeJson rope = RopeJson.read(fields, positions);
    if (rope.partialRotaryFactor().orElse(1.0) != 1.0) {
      throw fields.error(
          "partial_rotary_factor",
          "is %s; this model type rotates whole heads"
              .formatted(rope.partialRotaryFactor().getAsDouble()));
    }
    return rope;
  }

  private static boolean readAttentionBias(JsonFields fields, Variant variant) {
    return switch (variant) {
      case LLAMA, QWEN3, GEMMA -> fields.flag("attention_bias", false);
      case MISTRAL, QWEN2 -> false;
    };
  }

  private static int readHeadDim(JsonFields fields, Defaults defaults, int hidden, int heads) {
    int headDim = orElse(fields, "head_dim", defaults.headDim, hidden / heads);
    if (headDim == hidden / heads && !fields.has("head_dim") && hidden % heads != 0) {
      throw fields.error(
          "hidden_size",
          "is %d, which num_attention_heads = %d does not divide; change one, or set head_dim"
              .formatted(hidden, heads));
    }
    return headDim;
  }

  /**
   * Gemma was released with {@code hidden_act: gelu}, which transformers has always computed as the
   * tanh approximation. Release 4 takes {@code hidden_activation} where both are there, release 5
   * {@code hidden_act}: where these differ, the file does not say what it means.
   */
  private static Activation readActivation(JsonFields fields, Variant variant) {
    if (variant != Variant.GEMMA) {
      return ActivationJson.read(fields, "hidden_act", Activation.SILU);
    }
    Activation act = ActivationJson.read(fields, "hidden_act", Activation.GELU);
    Activation used = act == Activation.GELU ? Activation.GELU_PYTORCH_TANH : act;
    Activation newer =
        fields.has("hidden_activation")
            ? ActivationJson.read(fields, "hidden_activation", used)
            : Activation.GELU_PYTORCH_TANH;
    if (newer != used) {
      throw fields.error(
          "hidden_act",
          "is %s and hidden_activation is %s; set both to the one that is meant"
              .formatted(act.key(), newer.key()));
    }
    return used;
  }

  /** Null stands for what follows from other keys; so does a default of 0. */
  private static int orElse(JsonFields fields, String key, int absent, int following) {
    if (fields.has(key)) {
      return fields.positive(key);
    }
    return fields.contains(key) || absent == 0 ? following : absent;
  }
}
