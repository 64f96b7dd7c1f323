package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Device;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The key {@code then}: a run that starts from the result of another. */
class StagesTest {
  private static final String FIRST =
      """
      {"run": {"output_dir": "out"},
       "device": {"name": "emulator"},
       "data": {"generated": "quickstart"},
       "tokenizer": {"type": "characters"},
       "model": {"config": {"model_type": "phi"}},
       "then": %s}
      """;

  @Test
  void theNextStageStartsFromTheResult() {
    RunConfig first = read(FIRST.formatted(stage("")), "run.output_dir=elsewhere");
    RunConfig next = first.then().orElseThrow();
    assertEquals(Path.of("elsewhere/then"), next.outputDir());
    assertEquals(new ModelSource.Pretrained(Path.of("elsewhere"), false), next.model());
    assertEquals(Path.of("elsewhere"), ((TokenizerConfig.Load) next.tokenizer()).path());
    assertTrue(next.device() instanceof Device.Emulator, () -> "" + next.device());
    assertTrue(next.then().isEmpty());
  }

  @Test
  void itsOwnKeysStand() {
    RunConfig first =
        read(
            FIRST.formatted(
                stage(
                    ", \"run\": {\"output_dir\": \"answers\"}, \"model\": {\"path\": \"base\"},"
                        + " \"device\": {\"name\": \"cpu\"}")),
            "then.training.max_steps=7");
    RunConfig next = first.then().orElseThrow();
    assertEquals(Path.of("out/answers"), next.outputDir());
    assertEquals(new ModelSource.Pretrained(Path.of("base"), false), next.model());
    assertEquals(7, next.training().maxSteps());
    assertTrue(next.device() instanceof Device.Cpu);
  }

  @Test
  void itsMistakesAreFoundBeforeTheFirstStage() {
    assertMessage("then: training.learning_rat", stage(", \"training\": {\"learning_rat\": 1}"));
    assertMessage("then: model", stage(", \"model\": 3"));
    assertMessage("then", "[]");
  }

  @Test
  void aStageWithACheckpointCanBeResumed(@TempDir Path folder) {
    RunConfig next =
        read(FIRST.formatted(stage("")), "run.output_dir=" + folder).then().orElseThrow();
    assertTrue(next.training().resumeFromCheckpoint().isEmpty());
    assertEquals("", next.resuming().training().resumeFromCheckpoint().orElseThrow());
    assertEquals(next.outputDir(), next.resuming().outputDir());
    assertEquals(false, TrainingRun.hasCheckpoint(next));
  }

  private static void assertMessage(String expected, String stage) {
    ConfigurationException mistake =
        assertThrows(ConfigurationException.class, () -> read(FIRST.formatted(stage)));
    assertTrue(mistake.toString().contains(expected), mistake::toString);
  }

  private static String stage(String more) {
    return "{\"data\": {\"generated\": \"quickstart-answers\"}" + more + "}";
  }

  private static RunConfig read(String json, String... overrides) {
    try {
      ObjectNode object = (ObjectNode) new ObjectMapper().readTree(json);
      return RunConfig.read("test.json", object, List.of(overrides));
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }
}
