package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.lora.LoraConfig;
import dev.gatun.lora.LoraConfig.Bias;
import dev.gatun.lora.LoraConfig.Initialization;
import dev.gatun.lora.ModuleSelection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * {@code LoraConfig} from and to JSON, under PEFT's names: the section {@code lora} of a run
 * configuration, and {@code adapter_config.json}.
 *
 * <p>What PEFT knows and Gatun does not offer may be there with the value that turns it off;
 * otherwise it is an error that says so.
 */
public final class LoraConfigJson {
  private static final String ALL_LINEAR = "all-linear";
  private static final SequencedMap<String, Bias> BIASES = new LinkedHashMap<>();

  /** What means nothing here, or decides nothing by itself. */
  private static final String[] ACCEPTED = {
    "auto_mapping",
    "inference_mode",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    // PEFT itself corrects this by the kind of each layer, with a warning.
    "fan_in_fan_out"
  };

  private static final List<String> UNSUPPORTED =
      List.of(
          "alora_invocation_tokens",
          "arrow_config",
          "corda_config",
          "ensure_weight_tying",
          "eva_config",
          "kasa_config",
          "layer_replication",
          "loftq_config",
          "lora_bias",
          "lora_ga_config",
          "megatron_config",
          "monteclora_config",
          "target_parameters",
          "trainable_token_indices",
          "use_bdlora",
          "use_dora",
          "use_qalora",
          "velora_config");

  private static final List<String> UNSUPPORTED_INITIALIZATIONS =
      List.of("corda", "eva", "loftq", "lora_ga", "mica", "olora", "orthogonal", "pissa");

  static {
    BIASES.put("none", Bias.NONE);
    BIASES.put("all", Bias.ALL);
    BIASES.put("lora_only", Bias.LORA_ONLY);
  }

  private LoraConfigJson() {}

  /**
   * Reads a configuration; the caller rejects keys that are not known.
   *
   * @param fields says what messages call it, and which kind of exception they are
   */
  public static LoraConfig read(JsonFields fields) {
    requireLora(fields);
    fields.accept(ACCEPTED);
    UNSUPPORTED.forEach(key -> requireOff(fields, key));
    LoraConfig absent = LoraConfig.defaults();
    try {
      return new LoraConfig(
          fields.positive("r", absent.r()),
          modules(fields, "target_modules", absent.targetModules()),
          modules(fields, "exclude_modules", absent.excludeModules()),
          fields.number("lora_alpha", absent.loraAlpha()),
          fields.number("lora_dropout", absent.loraDropout()),
          fields.choice("bias", BIASES, "none"),
          fields.flag("use_rslora", absent.useRslora()),
          fields.texts("modules_to_save"),
          initialization(fields),
          layersToTransform(fields),
          layersPattern(fields),
          ranks(fields),
          alphas(fields));
    } catch (ConfigurationException e) {
      throw fields.failure(e);
    }
  }

  /**
   * Refuses every key of an {@code adapter_config.json} that nobody asked for, unless its value
   * turns off whatever it is: a later release of PEFT may have written it.
   */
  static void rejectUnknown(JsonFields fields) {
    fields
        .node()
        .properties()
        .forEach(
            field -> {
              if (isOff(field.getValue())) {
                fields.accept(field.getKey());
              }
            });
    fields.rejectUnknown();
  }

  /**
   * Writes {@code adapter_config.json} as PEFT does.
   *
   * @param baseModel {@code base_model_name_or_path}
   * @param fanInFanOut whether an adapted layer stores its weight as [in, out]
   */
  static ObjectNode write(LoraConfig config, String baseModel, boolean fanInFanOut) {
    ObjectNode json = Json.object();
    json.put("peft_type", "LORA").put("task_type", "CAUSAL_LM");
    json.put("base_model_name_or_path", baseModel).put("inference_mode", true);
    json.put("r", config.r()).set("lora_alpha", number(json, config.loraAlpha()));
    json.put("lora_dropout", config.loraDropout()).put("use_rslora", config.useRslora());
    json.put("bias", key(config.bias())).put("fan_in_fan_out", fanInFanOut);
    write(json, "target_modules", config.targetModules());
    if (!config.excludeModules().equals(LoraConfig.defaults().excludeModules())) {
      write(json, "exclude_modules", config.excludeModules());
    }
    write(json, "modules_to_save", config.modulesToSave());
    write(json, "layers_pattern", config.layersPattern());
    if (config.layersToTransform().isEmpty()) {
      json.putNull("layers_to_transform");
    } else {
      ArrayNode layers = json.putArray("layers_to_transform");
      config.layersToTransform().forEach(layers::add);
    }
    switch (config.initLoraWeights()) {
      case DEFAULT -> json.put("init_lora_weights", true);
      case RANDOM -> json.put("init_lora_weights", false);
      case GAUSSIAN -> json.put("init_lora_weights", "gaussian");
    }
    ObjectNode ranks = json.putObject("rank_pattern");
    config.rankPattern().forEach(ranks::put);
    ObjectNode alphas = json.putObject("alpha_pattern");
    config.alphaPattern().forEach((pattern, a) -> alphas.set(pattern, number(json, a)));
    json.put("use_dora", false).put("megatron_core", "megatron.core");
    json.putObject("loftq_config");
    for (String key : List.of("auto_mapping", "layer_replication", "megatron_config", "revision")) {
      json.putNull(key);
    }
    return json;
  }

  private static void requireLora(JsonFields fields) {
    String type = fields.text("peft_type", "LORA");
    if (!type.equals("LORA")) {
      throw fields.error("peft_type", "is %s, but only LORA is offered".formatted(Quoted.of(type)));
    }
    Optional<String> task = fields.optionalText("task_type");
    if (task.isPresent() && !task.get().equals("CAUSAL_LM")) {
      throw fields.error(
          "task_type", "is %s, but only CAUSAL_LM is offered".formatted(Quoted.of(task.get())));
    }
  }

  private static void requireOff(JsonFields fields, String key) {
    fields.accept(key);
    JsonNode value = fields.node().get(key);
    if (value != null && !isOff(value)) {
      throw fields.error(key, "is something that PEFT offers and Gatun does not; leave it out");
    }
  }

  private static boolean isOff(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isContainerNode() && value.isEmpty());
  }

  private static ModuleSelection modules(JsonFields fields, String key, ModuleSelection absent) {
    if (!fields.has(key)) {
      return absent;
    }
    if (fields.isList(key)) {
      return new ModuleSelection.Names(fields.texts(key));
    }
    String pattern = fields.text(key);
    return pattern.equalsIgnoreCase(ALL_LINEAR)
        ? new ModuleSelection.AllLinear()
        : new ModuleSelection.Regex(pattern);
  }

  private static Initialization initialization(JsonFields fields) {
    String key = "init_lora_weights";
    JsonNode value = fields.node().get(key);
    if (value == null || !value.isTextual()) {
      return fields.flag(key, true) ? Initialization.DEFAULT : Initialization.RANDOM;
    }
    String name = fields.text(key);
    if (name.equalsIgnoreCase("gaussian")) {
      return Initialization.GAUSSIAN;
    }
    boolean known = UNSUPPORTED_INITIALIZATIONS.stream().anyMatch(name::startsWith);
    throw fields.error(
        key,
        known
            ? "is %s, which PEFT offers and Gatun does not; it offers true, false and \"gaussian\""
                .formatted(Quoted.of(name))
            : "must be true, false or \"gaussian\", but is " + Quoted.of(name));
  }

  private static List<Integer> layersToTransform(JsonFields fields) {
    String key = "layers_to_transform";
    if (!fields.has(key)) {
      return List.of();
    }
    return fields.isList(key) ? fields.integers(key) : List.of(fields.integer(key));
  }

  private static List<String> layersPattern(JsonFields fields) {
    String key = "layers_pattern";
    if (!fields.has(key)) {
      return List.of();
    }
    return fields.isList(key) ? fields.texts(key) : List.of(fields.text(key));
  }

  private static Map<String, Integer> ranks(JsonFields fields) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    fields
        .object("rank_pattern")
        .ifPresent(
            object ->
                object
                    .node()
                    .fieldNames()
                    .forEachRemaining(pattern -> ranks.put(pattern, object.positive(pattern))));
    return ranks;
  }

  private static Map<String, Double> alphas(JsonFields fields) {
    Map<String, Double> alphas = new LinkedHashMap<>();
    fields
        .object("alpha_pattern")
        .ifPresent(
            object ->
                object
                    .node()
                    .fieldNames()
                    .forEachRemaining(pattern -> alphas.put(pattern, object.number(pattern))));
    return alphas;
  }

  private static void write(ObjectNode json, String key, ModuleSelection selection) {
    switch (selection) {
      case ModuleSelection.Names names -> {
        ArrayNode list = json.putArray(key);
        names.names().forEach(list::add);
      }
      case ModuleSelection.Regex regex -> json.put(key, regex.pattern());
      case ModuleSelection.AllLinear _ -> json.put(key, ALL_LINEAR);
      case ModuleSelection.FamilyDefault _ -> json.putNull(key);
    }
  }

  private static void write(ObjectNode json, String key, List<String> names) {
    if (names.isEmpty()) {
      json.putNull(key);
    } else {
      write(json, key, new ModuleSelection.Names(names));
    }
  }

  private static String key(Bias bias) {
    return BIASES.entrySet().stream()
        .filter(entry -> entry.getValue() == bias)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  /** An integer where it is one: PEFT declares α as an integer. */
  private static JsonNode number(ObjectNode json, double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? json.numberNode((long) value)
        : json.numberNode(value);
  }
}
