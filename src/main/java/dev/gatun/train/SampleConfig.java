package dev.gatun.train;

import dev.gatun.generate.GenerationConfig;
import dev.gatun.hub.JsonFields;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The objects {@code samples} and {@code generation} of a run configuration: prompts that the model
 * continues before training, at each evaluation, and at the end.
 */
public record SampleConfig(List<String> prompts, GenerationConfig generation) {
  static SampleConfig read(JsonFields samples, @Nullable JsonFields generation) {
    return new SampleConfig(
        samples.texts("prompts"),
        generation == null
            ? GenerationConfig.greedy(64, List.of())
            : GenerationConfigs.read(generation));
  }
}
