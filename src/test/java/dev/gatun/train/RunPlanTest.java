package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Json;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.PlannedStorage;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run takes what was planned, byte for byte. */
final class RunPlanTest {
  private static final String PHI =
      """
      {"run": {"output_dir": "DIR/NAME"},
       "tokenizer": {"type": "characters"},
       "data": {"train_file": "DIR/text.txt", "test_size": 6, "context_length": 24,
         "overflow": "truncate"},
       "model": {"config": {"model_type": "phi", "hidden_size": 64, "intermediate_size": 96,
         "num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 64}},
       "training": {"max_steps": 3, "per_device_train_batch_size": 4, "save_strategy": "no",
         "per_device_eval_batch_size": 6, "gradient_accumulation_steps": 2,
         "eval_strategy": "steps", "eval_steps": 2},
       "generation": {"max_new_tokens": 20},
       "samples": {"prompts": ["line 1", "line"]}}
      """;

  private static final String ADAPTER =
      """
      {"run": {"output_dir": "DIR/NAME"},
       "tokenizer": {"path": "DIR/base", "additional_special_tokens": ["<|a|>", "<|b|>"]},
       "data": {"train_file": "DIR/text.txt", "context_length": 24, "overflow": "truncate"},
       "model": {"path": "DIR/base", "resize_token_embeddings": true},
       "lora": {"r": 4, "lora_alpha": 8, "lora_dropout": 0.1,
         "target_modules": ["embed_tokens", "lm_head", "q_proj", "v_proj"]},
       "training": {"max_steps": 2, "per_device_train_batch_size": 2, "save_strategy": "no",
         "bf16": true}}
      """;

  @TempDir private Path folder;

  /** The memory of the host, which remembers what regions took. */
  private static final class MeteredStorage implements Storage {
    private final Map<String, PlannedStorage.Use> regions = new HashMap<>();

    @Override
    public boolean isHost() {
      return true;
    }

    @Override
    public MemorySegment reserve(long bytes, Arena arena) {
      return HostStorage.HOST.reserve(bytes, arena);
    }

    @Override
    public void fill(MemorySegment target, byte value) {
      HostStorage.HOST.fill(target, value);
    }

    @Override
    public void copy(MemorySegment source, MemorySegment target) {
      HostStorage.HOST.copy(source, target);
    }

    @Override
    public void write(MemorySegment host, MemorySegment target) {
      HostStorage.HOST.write(host, target);
    }

    @Override
    public void read(MemorySegment source, MemorySegment host) {
      HostStorage.HOST.read(source, host);
    }

    @Override
    public void closed(Region region) {
      regions.merge(region.name(), PlannedStorage.Use.of(region), PlannedStorage.Use::max);
    }
  }

  @BeforeEach
  void writeText() throws IOException {
    List<String> text = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      text.add("line " + i + " of a text which is longer than a row");
    }
    Files.write(folder.resolve("text.txt"), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "training.bf16=true",
        "training.gradient_checkpointing=true",
        "training.per_device_train_batch_size=1 training.gradient_accumulation_steps=1",
        "training.eval_strategy=no",
        "model.config.resid_pdrop=0.1 training.label_smoothing_factor=0.1",
        "model.config.tie_word_embeddings=true model.config.model_type=llama",
        "model.config.model_type=gpt2 model.config.attn_pdrop=0 model.config.n_positions=64"
            + " model.config.n_embd=64 model.config.n_head=4 model.config.n_layer=2"
      })
  void aRunTakesWhatWasPlanned(String changes) {
    String[] overrides = changes.isEmpty() ? new String[0] : changes.split(" ");
    assertPlanned(config(PHI, "run", overrides));
  }

  @Test
  void packedRowsTakeWhatWasPlanned() throws IOException {
    Files.write(
        folder.resolve("text.txt"),
        List.of("twelve chars", "as many here", "and more now", "no fewer now"));
    assertPlanned(
        config(
            PHI,
            "packed",
            "data.packing=true",
            "data.test_size=0",
            "data.overflow=drop",
            "training.per_device_train_batch_size=1"));
  }

  @Test
  void anAdapterTakesWhatWasPlannedBeforeAndAfterItsModelIsThere() {
    RunConfig base = config(PHI, "base", "training.max_steps=1");
    RunConfig adapter = config(ADAPTER, "adapter");
    RunPlan before = plan(adapter, base);
    assertEquals(1, before.notes().size(), before.notes().toString());
    new TrainingRun(base, RunListener.SILENT, () -> false).run();
    RunPlan after = assertPlanned(adapter);
    assertEquals(List.of(), after.notes());
    assertEquals(before.regions(), after.regions());
    assertEquals(before.trained(), after.trained());
    String whole = "lora.modules_to_save=[\"fc1\"]";
    RunPlan exact = plan(config(ADAPTER, "exact", whole));
    for (String stored : List.of("lora.torch_dtype=bfloat16", "lora.load_in_4bit=true")) {
      RunConfig smaller = config(ADAPTER, stored, stored, whole);
      RunPlan plan = assertPlanned(smaller);
      assertEquals(plan.regions(), plan(smaller, base).regions());
      long model = Objects.requireNonNull(plan.regions().get("model")).peak();
      assertTrue(model < Objects.requireNonNull(exact.regions().get("model")).peak(), stored);
    }
  }

  @Test
  void whatNobodyWritesIsNamed() {
    RunConfig adapter = config(ADAPTER, "adapter");
    ConfigurationException failure =
        assertThrows(ConfigurationException.class, () -> plan(adapter));
    assertTrue(
        String.valueOf(failure.getMessage()).contains(folder.resolve("base").toString()),
        failure.getMessage());
  }

  /** The recipe at its full size: seconds, and no memory. */
  @Test
  void theRecipeIsPlannedWithoutItsMemory() {
    Map<Path, RunConfig> writers = new HashMap<>();
    for (String name : List.of("1-tokenizer", "2-pretrain", "3-finetune")) {
      Path file = Path.of("configs/recipe/" + name + ".json");
      RunConfig config = RunConfig.read(name, Json.readObject(file), List.of());
      writers.put(config.outputDir(), config);
    }
    RunPlan pretraining = recipe(writers, "pretrain");
    RunPlan tuning = recipe(writers, "finetune");
    // Four numbers of four bytes for every parameter.
    long model = Objects.requireNonNull(pretraining.regions().get("model")).peak();
    assertTrue(model > 16 * pretraining.parameters(), model + " bytes");
    assertEquals(1_339_608_320, pretraining.parameters());
    assertEquals(67_765_760, tuning.trained());
  }

  private static RunPlan recipe(Map<Path, RunConfig> writers, String name) {
    RunConfig config = Objects.requireNonNull(writers.get(Path.of("checkpoints/recipe", name)));
    return RunPlan.of(config, path -> Optional.ofNullable(writers.get(path)), OptionalInt.empty());
  }

  private RunPlan assertPlanned(RunConfig config) {
    RunPlan plan = plan(config);
    MeteredStorage memory = new MeteredStorage();
    new TrainingRun(config, memory, RunListener.SILENT, () -> false).run();
    assertEquals(memory.regions, plan.regions());
    return plan;
  }

  private static RunPlan plan(RunConfig config, RunConfig... others) {
    return RunPlan.of(
        config,
        path -> Arrays.stream(others).filter(other -> other.outputDir().equals(path)).findFirst(),
        OptionalInt.empty());
  }

  private RunConfig config(String json, String name, String... overrides) {
    byte[] text =
        json.replace("DIR", folder.toString())
            .replace("NAME", name)
            .getBytes(StandardCharsets.UTF_8);
    return RunConfig.read(name, Json.parseObject(name, text), List.of(overrides));
  }
}
