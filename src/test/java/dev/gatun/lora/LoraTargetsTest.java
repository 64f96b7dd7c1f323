package dev.gatun.lora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.AdaptableLayer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which layers a configuration means; the expectations are PEFT's. */
final class LoraTargetsTest {
  private static final CausalLm PHI = TinyModels.phi(false).build();
  private static final CausalLm GPT2 = TinyModels.gpt2(true).build();

  @Test
  void namesAreEndsBehindADot() {
    assertEquals(
        List.of("model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj", "lm_head"),
        layers(PHI, names("lm_head", "q_proj", "proj")));
    assertEquals(List.of("model.layers.1.mlp.fc1"), layers(PHI, names("model.layers.1.mlp.fc1")));
    assertEquals(
        List.of("transformer.h.0.mlp.c_proj", "transformer.h.1.mlp.c_proj"),
        layers(GPT2, names("mlp.c_proj")));
  }

  @Test
  void aPatternMatchesWholePaths() {
    assertEquals(
        List.of("model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.k_proj"),
        layers(PHI, regex(".*\\.1\\.self_attn\\.[qk]_proj")));
    assertEquals(List.of("lm_head"), layers(PHI, regex("(?P<head>lm)_head")));
    assertRefused(PHI, regex("q_proj"), "means no layer");
    assertRefused(PHI, regex(".*self_attn.*"), "model.layers.0.self_attn, which is neither");
  }

  @Test
  void familiesHaveDefaultsAndAllLinearLeavesTheOutputLayerOut() {
    assertEquals(8, layers(PHI, new ModuleSelection.FamilyDefault()).size());
    assertEquals(
        List.of("transformer.h.0.attn.c_attn", "transformer.h.1.attn.c_attn"),
        layers(GPT2, new ModuleSelection.FamilyDefault()));
    assertEquals(12, layers(PHI, new ModuleSelection.AllLinear()).size());
    assertEquals(8, layers(GPT2, new ModuleSelection.AllLinear()).size());
    assertEquals(
        new ModuleSelection.Names(List.of("c_attn", "c_proj", "c_fc")),
        new LoraTargets(GPT2, config(new ModuleSelection.AllLinear())).resolved());
  }

  @Test
  void blocksAndExclusionsNarrowTheTargets() {
    LoraConfig second =
        new LoraConfig(
            2,
            names("q_proj", "fc1"),
            names("model.layers.1.mlp.fc1"),
            2,
            0,
            LoraConfig.Bias.NONE,
            false,
            List.of(),
            LoraConfig.Initialization.DEFAULT,
            List.of(1),
            List.of("layers"),
            Map.of(),
            Map.of());
    assertEquals(List.of("model.layers.1.self_attn.q_proj"), layers(PHI, second));
  }

  @Test
  void aModuleThatIsTrainedWholeIsNotAdapted() {
    LoraConfig config = config(names("q_proj", "fc1", "lm_head"), "mlp", "lm_head");
    assertEquals(
        List.of("model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"),
        layers(PHI, config));
    assertEquals(
        List.of("model.layers.0.mlp", "model.layers.1.mlp", "lm_head"),
        new LoraTargets(PHI, config).modulesToSave());
    LoraConfig absent = config(names("c_attn"), "mlp", "score");
    ConfigurationException e =
        assertThrows(
            ConfigurationException.class, () -> new LoraTargets(GPT2, absent).modulesToSave());
    assertTrue(e.toString().contains("names score,"), e.toString());
  }

  @Test
  void aPatternThatWouldRunForeverIsRefused() {
    LoraConfig config = config(regex("(.*.*.*.*.*.*.*.*.*)*[0-9]x"));
    ConfigurationException e =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () ->
                assertThrows(
                    ConfigurationException.class, () -> new LoraTargets(PHI, config).layers()));
    assertTrue(e.toString().contains("too many steps"), e.toString());
  }

  private static ModuleSelection.Names names(String... names) {
    return new ModuleSelection.Names(List.of(names));
  }

  private static ModuleSelection regex(String pattern) {
    return new ModuleSelection.Regex(pattern);
  }

  private static LoraConfig config(ModuleSelection targets, String... modulesToSave) {
    return new LoraConfig(
        2,
        targets,
        names(),
        2,
        0,
        LoraConfig.Bias.NONE,
        false,
        List.of(modulesToSave),
        LoraConfig.Initialization.DEFAULT,
        List.of(),
        List.of(),
        Map.of(),
        Map.of());
  }

  private static List<String> layers(CausalLm model, ModuleSelection targets) {
    return layers(model, config(targets));
  }

  private static List<String> layers(CausalLm model, LoraConfig config) {
    return new LoraTargets(model, config).layers().stream().map(AdaptableLayer::path).toList();
  }

  private static void assertRefused(CausalLm model, ModuleSelection targets, String message) {
    ConfigurationException e =
        assertThrows(ConfigurationException.class, () -> layers(model, targets));
    assertTrue(e.toString().contains(message), e.toString());
  }
}
