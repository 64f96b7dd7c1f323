package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.LlamaConfig.Variant;
import java.util.List;

/**
 * Which layers look back only so far.
 *
 * <pre>
 *   Mistral   sliding_window (default 4096; null: none), in every layer
 *   Qwen      sliding_window (default 4096) if use_sliding_window, in the layers from
 *             max_window_layers (default 28) on; or as layer_types says
 *   others    none
 * </pre>
 *
 * @param size how many keys a query sees; 0 for all
 * @param maxWindowLayers so many layers at the start see all keys
 */
record SlidingWindowJson(int size, int maxWindowLayers) {
  private static final int DEFAULT_WINDOW = 4096;
  private static final int QWEN_MAX_WINDOW_LAYERS = 28;
  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";

  static SlidingWindowJson read(JsonFields fields, Variant variant, int layers) {
    return switch (variant) {
      case MISTRAL -> readMistral(fields, layers);
      case QWEN2, QWEN3 -> readQwen(fields, layers);
      case LLAMA, GEMMA -> {
        requireFull(fields, layers);
        yield new SlidingWindowJson(0, 0);
      }
    };
  }

  static void write(LlamaConfig config, ObjectNode json) {
    Integer window = config.slidingWindow() == 0 ? null : config.slidingWindow();
    switch (config.variant()) {
      case MISTRAL -> json.put("sliding_window", window);
      case QWEN2, QWEN3 ->
          json.put("sliding_window", window)
              .put("use_sliding_window", window != null)
              .put("max_window_layers", config.maxWindowLayers());
      case LLAMA, GEMMA -> {}
    }
  }

  private static SlidingWindowJson readMistral(JsonFields fields, int layers) {
    int size = readSize(fields);
    List<String> types = readTypes(fields, layers);
    String everywhere = size == 0 ? FULL : SLIDING;
    if (types.stream().anyMatch(type -> !type.equals(everywhere))) {
      throw fields.error(
          "layer_types",
          "must be %s in every layer of this model type, as sliding_window says"
              .formatted(everywhere));
    }
    return new SlidingWindowJson(size, 0);
  }

  private static SlidingWindowJson readQwen(JsonFields fields, int layers) {
    int maxWindowLayers = fields.integer("max_window_layers", QWEN_MAX_WINDOW_LAYERS);
    int declared = readSize(fields);
    if (!fields.flag("use_sliding_window", false) || declared == 0) {
      requireFull(fields, layers);
      return new SlidingWindowJson(0, maxWindowLayers);
    }
    List<String> types = readTypes(fields, layers);
    return new SlidingWindowJson(
        declared, types.isEmpty() ? maxWindowLayers : prefix(fields, types));
  }

  private static int readSize(JsonFields fields) {
    if (!fields.contains("sliding_window")) {
      return DEFAULT_WINDOW;
    }
    return fields.has("sliding_window") ? fields.positive("sliding_window") : 0;
  }

  private static List<String> readTypes(JsonFields fields, int layers) {
    List<String> types = fields.texts("layer_types");
    if (!types.isEmpty() && types.size() != layers) {
      throw fields.error(
          "layer_types",
          "has %d entries, but num_hidden_layers is %d".formatted(types.size(), layers));
    }
    for (int layer = 0; layer < types.size(); layer++) {
      if (!types.get(layer).equals(FULL) && !types.get(layer).equals(SLIDING)) {
        throw fields.error(
            "layer_types[" + layer + "]",
            "is %s; supported are %s and %s".formatted(Quoted.of(types.get(layer)), FULL, SLIDING));
      }
    }
    return types;
  }

  private static void requireFull(JsonFields fields, int layers) {
    int sliding = readTypes(fields, layers).indexOf(SLIDING);
    if (sliding >= 0) {
      throw fields.error(
          "layer_types[" + sliding + "]",
          "is " + SLIDING + ", but the model has no sliding window");
    }
  }

  /** How many layers are full, if none comes after a sliding one. */
  private static int prefix(JsonFields fields, List<String> types) {
    int full = types.contains(SLIDING) ? types.indexOf(SLIDING) : types.size();
    if (types.lastIndexOf(FULL) >= full) {
      throw fields.error(
          "layer_types",
          "has a %s layer after a %s layer, which is not supported".formatted(FULL, SLIDING));
    }
    return full;
  }
}
