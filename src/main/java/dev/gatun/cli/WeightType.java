package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.model.WeightStorage;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The values of the option {@code --dtype}: what weights are stored as while a model generates. */
final class WeightType {
  /** How the option is described. */
  static final String DESCRIPTION =
      "What weights are stored as: f32, bf16, q8 or q4 (default: ${DEFAULT-VALUE}).";

  private static final Map<String, WeightStorage> STORAGES = new LinkedHashMap<>();

  static {
    STORAGES.put("f32", WeightStorage.F32);
    STORAGES.put("bf16", WeightStorage.all(DType.BF16));
    STORAGES.put("q8", WeightStorage.all(DType.Q8_0));
    // Scores suffer most from few bits: the output layer keeps 8, as it keeps 6 in llama.cpp.
    STORAGES.put("q4", new WeightStorage(DType.Q4_0, DType.Q8_0));
    STORAGES.put("float32", WeightStorage.F32);
    STORAGES.put("bfloat16", WeightStorage.all(DType.BF16));
    STORAGES.put("q8_0", WeightStorage.all(DType.Q8_0));
    STORAGES.put("q4_0", new WeightStorage(DType.Q4_0, DType.Q8_0));
  }

  private WeightType() {}

  /** The storage of this name. */
  static WeightStorage parse(String name) {
    WeightStorage storage = STORAGES.get(name.toLowerCase(Locale.ROOT));
    if (storage == null) {
      throw new ConfigurationException(
          "--dtype: \"" + name + "\" is none of " + String.join(", ", STORAGES.keySet()));
    }
    return storage;
  }
}
