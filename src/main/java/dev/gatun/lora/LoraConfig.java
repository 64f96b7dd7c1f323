package dev.gatun.lora;

import dev.gatun.core.ConfigurationException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What PEFT calls {@code LoraConfig}. The components are its keys in camel case; the Javadoc gives
 * the default of an absent key.
 *
 * @param r the rank, default 8
 * @param targetModules {@code target_modules}, the layers to adapt; default those that PEFT chooses
 *     for the family
 * @param excludeModules {@code exclude_modules}, layers that are not adapted whatever the targets
 *     say; default none
 * @param loraAlpha {@code lora_alpha}, default 8: the output of an adapter is multiplied by α/r
 * @param loraDropout {@code lora_dropout}, default 0: of the input of A, while training; embeddings
 *     have none
 * @param bias which biases of the model are trained as well, default none
 * @param useRslora {@code use_rslora}, default false: multiply by α/√r instead. Kalajdzievski, "A
 *     Rank Stabilization Scaling Factor for Fine-Tuning with LoRA", 2023
 * @param modulesToSave {@code modules_to_save}: ends of the names of modules that are trained whole
 *     and saved with the adapter; default none
 * @param initLoraWeights {@code init_lora_weights}, default true
 * @param layersToTransform {@code layers_to_transform}: the indices of the blocks to adapt; default
 *     all
 * @param layersPattern {@code layers_pattern}: what precedes the index in a name; default anything
 * @param rankPattern {@code rank_pattern}: patterns of layers with a rank of their own
 * @param alphaPattern {@code alpha_pattern}: patterns of layers with an α of their own
 */
public record LoraConfig(
    int r,
    ModuleSelection targetModules,
    ModuleSelection excludeModules,
    double loraAlpha,
    double loraDropout,
    Bias bias,
    boolean useRslora,
    List<String> modulesToSave,
    Initialization initLoraWeights,
    List<Integer> layersToTransform,
    List<String> layersPattern,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern) {

  /** Which biases are trained. */
  public enum Bias {
    NONE,
    /** Every bias of the model. */
    ALL,
    /** Those of the adapted layers. */
    LORA_ONLY
  }

  /** What A and B start as. For an embedding A is 0 and B is drawn, unless nothing is zero. */
  public enum Initialization {
    /** {@code true}: A uniform on ±1/√in, B zero; an embedding's B is N(0, 1). */
    DEFAULT,
    /** {@code "gaussian"}: A from N(0, 1/r²), B zero. */
    GAUSSIAN,
    /** {@code false}: B is drawn like A, so that the adapter changes the model from the start. */
    RANDOM
  }

  public LoraConfig {
    modulesToSave = List.copyOf(modulesToSave);
    layersToTransform = List.copyOf(layersToTransform);
    layersPattern = List.copyOf(layersPattern);
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
    requirePositive("r", r);
    requirePattern("target_modules", targetModules);
    requirePattern("exclude_modules", excludeModules);
    rankPattern.keySet().forEach(name -> NamePattern.requireValid("rank_pattern", name));
    alphaPattern.keySet().forEach(name -> NamePattern.requireValid("alpha_pattern", name));
    modulesToSave.forEach(name -> NamePattern.requireValid("modules_to_save", name));
    rankPattern.forEach((key, rank) -> requirePositive("rank_pattern." + key, rank));
    if (!(loraDropout >= 0 && loraDropout < 1)) {
      throw new ConfigurationException(
          "key \"lora_dropout\" must be at least 0 and below 1, not " + loraDropout);
    }
    boolean named =
        targetModules instanceof ModuleSelection.Names
            || targetModules instanceof ModuleSelection.FamilyDefault;
    if (!layersToTransform.isEmpty() && !named) {
      throw new ConfigurationException(
          "key \"layers_to_transform\" goes with a list of target_modules, not with a pattern;"
              + " put the indices into the pattern");
    }
    if (!layersPattern.isEmpty() && layersToTransform.isEmpty()) {
      throw new ConfigurationException(
          "key \"layers_pattern\" has no effect without layers_to_transform; give both or none");
    }
  }

  /** PEFT's defaults. */
  public static LoraConfig defaults() {
    return ofRank(8);
  }

  /** PEFT's defaults with another rank. */
  public static LoraConfig ofRank(int r) {
    return new LoraConfig(
        r,
        new ModuleSelection.FamilyDefault(),
        new ModuleSelection.Names(List.of()),
        8,
        0,
        Bias.NONE,
        false,
        List.of(),
        Initialization.DEFAULT,
        List.of(),
        List.of(),
        Map.of(),
        Map.of());
  }

  /** The same with other targets. */
  public LoraConfig withTargetModules(ModuleSelection targetModules) {
    return new LoraConfig(
        r,
        targetModules,
        excludeModules,
        loraAlpha,
        loraDropout,
        bias,
        useRslora,
        modulesToSave,
        initLoraWeights,
        layersToTransform,
        layersPattern,
        rankPattern,
        alphaPattern);
  }

  /** The rank of a layer: that of the first pattern that it matches, else r. */
  int rankOf(String path) {
    return firstMatch(rankPattern, path, r);
  }

  /** What the adapter's output at a layer is multiplied by: α/r, or α/√r. */
  double scalingOf(String path) {
    double alpha = firstMatch(alphaPattern, path, loraAlpha);
    int rank = rankOf(path);
    return alpha / (useRslora ? Math.sqrt(rank) : rank);
  }

  private static <T> T firstMatch(Map<String, T> patterns, String path, T absent) {
    for (Map.Entry<String, T> entry : patterns.entrySet()) {
      if (new NamePattern("(.*\\.)?(" + entry.getKey() + ")").matches(path)) {
        return entry.getValue();
      }
    }
    return absent;
  }

  private static void requirePattern(String key, ModuleSelection selection) {
    if (selection instanceof ModuleSelection.Regex(String pattern)) {
      NamePattern.requireValid(key, pattern);
    }
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new ConfigurationException("key \"%s\" must be positive, not %d".formatted(key, value));
    }
  }
}
