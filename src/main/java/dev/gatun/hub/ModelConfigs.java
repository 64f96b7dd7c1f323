package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.model.Gpt2Config;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.PhiConfig;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * Model configurations from and to {@code config.json}, by {@code model_type}.
 *
 * <p>Reads the spelling of transformers 4 ({@code rope_theta}, {@code rope_scaling}, {@code
 * torch_dtype}) and of transformers 5 ({@code rope_parameters}, {@code dtype}, {@code
 * layer_types}), and writes that of 4, which both read. An absent key has the default of the
 * family's configuration class there. A value that cannot be honoured is an error; a key that the
 * class does not know is none, as there.
 */
public final class ModelConfigs {
  private static final SequencedMap<String, Function<JsonFields, ModelConfig>> READERS =
      new LinkedHashMap<>();
  private static final SequencedMap<String, DType> TORCH_DTYPES = new LinkedHashMap<>();

  static {
    READERS.put("phi", PhiConfigJson::read);
    for (LlamaConfig.Variant variant : LlamaConfig.Variant.values()) {
      READERS.put(variant.modelType(), fields -> LlamaConfigJson.read(fields, variant));
    }
    READERS.put("gpt2", Gpt2ConfigJson::read);
    TORCH_DTYPES.put("float32", DType.F32);
    TORCH_DTYPES.put("float16", DType.F16);
    TORCH_DTYPES.put("bfloat16", DType.BF16);
  }

  private ModelConfigs() {}

  /** Reads {@code config.json} of a model folder. */
  public static ModelConfig read(HfDirectory directory) {
    return parse(JsonFields.ofData(directory.configOrigin(), directory.config()));
  }

  /**
   * Reads a configuration.
   *
   * @param fields says what messages call it, and which kind of exception they are
   * @throws dev.gatun.core.UserException naming the key whose value is wrong or cannot be honoured
   */
  public static ModelConfig parse(JsonFields fields) {
    refuseUnsupported(fields);
    fields.accept("architectures", "use_cache", "transformers_version", "_name_or_path");
    fields.accept("torch_dtype", "dtype");
    try {
      return fields.choice("model_type", READERS).apply(fields);
    } catch (ConfigurationException e) {
      throw fields.failure(e);
    }
  }

  /** The type that {@code torch_dtype} or {@code dtype} says the weights are stored in. */
  public static Optional<DType> storedType(JsonFields fields) {
    String key = fields.has("torch_dtype") ? "torch_dtype" : "dtype";
    return fields.has(key) ? Optional.of(fields.choice(key, TORCH_DTYPES)) : Optional.empty();
  }

  /**
   * Writes a configuration.
   *
   * @param stored the type the weights are stored in
   * @param base a configuration read before, whose other keys are kept; it is not changed
   */
  public static ObjectNode write(ModelConfig config, DType stored, ObjectNode base) {
    ObjectNode json = base.deepCopy();
    json.remove("rope_parameters");
    json.remove("layer_types");
    json.remove("dtype");
    json.put("model_type", config.modelType());
    json.putArray("architectures").add(architecture(config));
    json.put("torch_dtype", torchDtype(stored));
    switch (config) {
      case PhiConfig phi -> PhiConfigJson.write(phi, json);
      case LlamaConfig llama -> LlamaConfigJson.write(llama, json);
      case Gpt2Config gpt2 -> Gpt2ConfigJson.write(gpt2, json);
    }
    return json;
  }

  /** The class of transformers that computes the model. */
  private static String architecture(ModelConfig config) {
    return switch (config) {
      case PhiConfig _ -> "PhiForCausalLM";
      case Gpt2Config _ -> "GPT2LMHeadModel";
      case LlamaConfig llama ->
          switch (llama.variant()) {
            case LLAMA -> "LlamaForCausalLM";
            case MISTRAL -> "MistralForCausalLM";
            case QWEN2 -> "Qwen2ForCausalLM";
            case QWEN3 -> "Qwen3ForCausalLM";
            case GEMMA -> "GemmaForCausalLM";
          };
    };
  }

  private static String torchDtype(DType stored) {
    return switch (stored) {
      case F32 -> "float32";
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      case F64, I32, Q8_0, Q4_0, NF4, NF4_DOUBLE ->
          throw new IllegalArgumentException("weights are not stored as " + stored);
    };
  }

  private static void refuseUnsupported(JsonFields fields) {
    if (fields.has("quantization_config")) {
      throw fields.error(
          "quantization_config", "says that the weights are quantised, which cannot be read");
    }
    for (String key :
        new String[] {"is_encoder_decoder", "add_cross_attention", "use_bidirectional_attention"}) {
      if (fields.optionalFlag(key).orElse(false)) {
        throw fields.error(key, "is true, but only causal decoders are supported");
      }
    }
  }
}
