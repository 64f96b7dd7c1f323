package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DType;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.StateDict;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.train.ModelSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Phi with {@code qk_layernorm}, against what transformers 5.18 computed for a model of 17 tokens:
 * logits, loss, hidden states and all gradients.
 */
final class PhiHeadNormTest {
  private static final Path FIXTURE = Path.of("src/test/resources/golden/phi_qk_layernorm");

  @Test
  void computesWhatTransformersDoes() {
    assertPasses(FIXTURE);
  }

  @Test
  void savedAndLoadedItIsTheSame(@TempDir Path folder) throws IOException {
    try (Region region = new Region("model")) {
      CausalLm model = ModelSetup.load(FIXTURE, region);
      HfDirectory saved = new HfDirectory(folder);
      saved.writeConfig(ModelConfigs.write(model.config(), DType.F32, Json.object()));
      StateDict.save(model.parameters(), folder);
    }
    for (String file : List.of("inputs.json", "meta.json", "expected.safetensors")) {
      Files.copy(FIXTURE.resolve(file), folder.resolve(file));
    }
    assertPasses(folder);
  }

  private static void assertPasses(Path folder) {
    List<Comparison> checks = GoldenModels.check(folder);
    assertEquals(List.of(), checks.stream().filter(check -> !check.passes()).toList());
    assertTrue(
        checks.stream()
            .anyMatch(
                check ->
                    check.what().endsWith("grad/model.layers.1.self_attn.k_layernorm.weight")));
  }
}
