package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.nn.RopeScaling;
import java.util.OptionalDouble;

/**
 * Rotary embedding in a configuration.
 *
 * <pre>
 *   transformers 4   rope_theta, rope_scaling: null or {rope_type (once: type), factor, ...}
 *   transformers 5   rope_parameters: {rope_theta, rope_type, factor, ..., partial_rotary_factor}
 * </pre>
 *
 * A value within {@code rope_parameters} counts before the same key outside, as in transformers.
 *
 * @param theta {@code rope_theta}
 * @param scaling {@code rope_scaling}
 * @param partialRotaryFactor {@code partial_rotary_factor}, if given
 */
record RopeJson(double theta, RopeScaling scaling, OptionalDouble partialRotaryFactor) {
  private static final double DEFAULT_THETA = 10000;

  static RopeJson read(JsonFields fields, int maxPositionEmbeddings) {
    JsonFields inner =
        fields
            .object("rope_scaling")
            .or(() -> fields.object("rope_parameters"))
            .orElseGet(() -> fields.emptyObject("rope_parameters"));
    double outerTheta = fields.number("rope_theta", DEFAULT_THETA);
    double theta = inner.number("rope_theta", outerTheta);
    if (!(theta > 0)) {
      throw fields.error("rope_theta", "must be above 0, but is " + theta);
    }
    OptionalDouble outerPartial = fields.optionalNumber("partial_rotary_factor");
    OptionalDouble innerPartial = inner.optionalNumber("partial_rotary_factor");
    return new RopeJson(
        theta,
        scaling(inner, maxPositionEmbeddings),
        innerPartial.isPresent() ? innerPartial : outerPartial);
  }

  private static RopeScaling scaling(JsonFields rope, int maxPositionEmbeddings) {
    String key = rope.has("rope_type") ? "rope_type" : "type";
    String type = rope.text(key, "default");
    return switch (type) {
      case "default" -> new RopeScaling.Default();
      case "linear" -> new RopeScaling.Linear(rope.number("factor"));
      case "llama3" ->
          new RopeScaling.Llama3(
              rope.number("factor"),
              rope.number("low_freq_factor"),
              rope.number("high_freq_factor"),
              rope.integer("original_max_position_embeddings", maxPositionEmbeddings));
      default ->
          throw rope.error(
              key, "is %s; supported are default, linear, llama3".formatted(Quoted.of(type)));
    };
  }

  static void write(double theta, RopeScaling scaling, ObjectNode json) {
    json.put("rope_theta", theta);
    json.remove("rope_scaling");
    switch (scaling) {
      case RopeScaling.Default() -> json.putNull("rope_scaling");
      case RopeScaling.Linear(double factor) ->
          json.putObject("rope_scaling").put("rope_type", "linear").put("factor", factor);
      case RopeScaling.Llama3(double factor, double low, double high, int original) ->
          json.putObject("rope_scaling")
              .put("rope_type", "llama3")
              .put("factor", factor)
              .put("low_freq_factor", low)
              .put("high_freq_factor", high)
              .put("original_max_position_embeddings", original);
    }
  }
}
