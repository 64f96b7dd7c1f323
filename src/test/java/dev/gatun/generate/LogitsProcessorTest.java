package dev.gatun.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.core.DType;
import dev.gatun.hub.SafetensorsFile;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The processors against what transformers' own make of the same scores. */
final class LogitsProcessorTest {
  private static final Path FIXTURES = Path.of("../shared/golden/generation");

  @Test
  void distributionsAreThoseOfTransformers() throws IOException {
    assumeTrue(Files.isDirectory(FIXTURES), FIXTURES + " is not there");
    JsonNode cases =
        new ObjectMapper().readTree(FIXTURES.resolve("processors.json").toFile()).get("cases");
    assertTrue(cases.size() > 0);
    try (SafetensorsFile file =
        SafetensorsFile.open(FIXTURES.resolve("processors_expected.safetensors"))) {
      for (JsonNode fixture : cases) {
        check(fixture, file);
      }
    }
  }

  private static void check(JsonNode fixture, SafetensorsFile file) {
    String id = fixture.get("case").asText();
    float[] scores = floats(file, id + "/logits");
    int[] history = fixture.get("history").valueStream().mapToInt(JsonNode::asInt).toArray();
    for (LogitsProcessor processor : LogitsProcessor.of(config(fixture))) {
      processor.process(scores, history);
    }
    assertEquals(fixture.get("n_kept").asInt(), Sampler.candidates(scores).length, "case " + id);
    double[] probabilities = Sampler.probabilities(scores);
    float[] expected = floats(file, id + "/probs");
    // Which of several equal scores stay is left to an unstable sort there, so order is compared.
    Arrays.sort(probabilities);
    Arrays.sort(expected);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], probabilities[i], 2e-6, "case " + id + ", rank " + i);
    }
  }

  private static GenerationConfig config(JsonNode fixture) {
    return new GenerationConfig(
        1,
        true,
        fixture.get("temperature").asDouble(),
        fixture.get("top_k").asInt(),
        fixture.get("top_p").asDouble(),
        0,
        fixture.get("repetition_penalty").asDouble(),
        0,
        1,
        0,
        List.of(),
        List.of());
  }

  private static float[] floats(SafetensorsFile file, String name) {
    try (Region region = new Region("fixture")) {
      TensorSpec spec = new TensorSpec(file.find(name).orElseThrow().shape(), DType.F32);
      Tensor tensor = Tensors.empty(region, spec);
      file.readF32(name, tensor.segment(), 0);
      return Tensors.toFloats(tensor);
    }
  }
}
