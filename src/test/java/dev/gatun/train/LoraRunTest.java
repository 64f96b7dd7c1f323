package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.autograd.Step;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Shape;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.SafetensorsFile;
import dev.gatun.hub.Weights;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.WeightStorage;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The recipe's third part in small: a model, an adapter on it with new tokens, a merged model. */
final class LoraRunTest {
  private static final String BASE =
      """
      {"run": {"output_dir": "DIR/base"},
       "tokenizer": {"type": "characters"},
       "data": {"train_file": "DIR/text.txt", "context_length": 16},
       "model": {"config": {"model_type": "phi", "hidden_size": 16, "intermediate_size": 24,
         "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64}},
       "training": {"max_steps": 2, "per_device_train_batch_size": 2, "save_strategy": "no"}}
      """;

  private static final String ADAPTER =
      """
      {"run": {"output_dir": "DIR/NAME", "digest": true},
       "tokenizer": {"additional_special_tokens": ["<|prompt|>", "<|assistant|>", "<|end|>"],
         "eos_token": "<|end|>"},
       "data": {"train_file": "DIR/answers.txt", "test_size": 2, "context_length": 24},
       "model": {"path": "DIR/base", "resize_token_embeddings": true},
       "lora": {"r": 4, "lora_alpha": 8, "lora_dropout": 0.1,
         "target_modules": ["embed_tokens", "lm_head", "q_proj", "v_proj"]},
       "training": {"max_steps": 6, "per_device_train_batch_size": 2, "learning_rate": 1e-2,
         "gradient_accumulation_steps": 2, "save_strategy": "steps", "save_steps": 3,
         "eval_strategy": "steps", "eval_steps": 3, "load_best_model_at_end": true,
         "metric_for_best_model": "eval_loss", "greater_is_better": false, "logging_steps": 1}}
      """;

  @TempDir private Path folder;

  @BeforeEach
  void makeBase() throws IOException {
    List<String> text = new ArrayList<>();
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      text.add("one two three " + i);
      answers.add("<|prompt|> one " + i + " <|assistant|> two <|end|>");
    }
    Files.write(folder.resolve("text.txt"), text);
    Files.write(folder.resolve("answers.txt"), answers);
    run(BASE, new Messages(), 0);
  }

  @Test
  void aRunWritesWhatPeftWrites() throws IOException {
    Messages messages = new Messages();
    run(ADAPTER.replace("NAME", "adapter"), messages, 0);
    assertTrue(
        messages.all.stream().anyMatch(m -> m.matches("trainable params: .* trainable%: .*")),
        messages.all.toString());
    Set<String> inFolder = files("adapter");
    assertTrue(
        inFolder.containsAll(
            Set.of("adapter_config.json", "adapter_model.safetensors", "tokenizer.json")),
        inFolder.toString());
    assertFalse(inFolder.contains("model.safetensors"), inFolder.toString());
    assertTrue(files("adapter/checkpoint-3").contains("optimizer.safetensors"));
    ObjectNode config = Json.readObject(folder.resolve("adapter/adapter_config.json"));
    assertEquals(folder.resolve("base").toString(), config.get("base_model_name_or_path").asText());
    assertEquals("CAUSAL_LM", config.get("task_type").asText());
    double first = messages.losses.getFirst();
    double last = messages.losses.getLast();
    assertTrue(last < first, "loss went from " + first + " to " + last);
  }

  @Test
  void aRunThatWasStoppedAndResumedIsTheSameRun() throws IOException {
    Messages whole = new Messages();
    run(ADAPTER.replace("NAME", "whole"), whole, 0);
    Messages part = new Messages();
    TrainingRun.Outcome outcome = run(ADAPTER.replace("NAME", "part"), part, 2);
    assertEquals(TrainingRun.Outcome.STOPPED, outcome);
    Messages rest = new Messages();
    run(ADAPTER.replace("NAME", "part"), rest, 0, "training.resume_from_checkpoint=true");
    assertEquals(whole.digest(), rest.digest());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole/adapter_model.safetensors")),
        Files.readAllBytes(folder.resolve("part/adapter_model.safetensors")));
  }

  @Test
  void recomputingBlocksGivesTheSameBits() throws IOException {
    Messages kept = new Messages();
    run(ADAPTER.replace("NAME", "kept"), kept, 0);
    Messages recomputed = new Messages();
    run(
        ADAPTER.replace("NAME", "recomputed"),
        recomputed,
        0,
        "training.gradient_checkpointing=true");
    assertEquals(kept.digest(), recomputed.digest());
  }

  /** Frozen weights in fewer bits: the loss stays near, the adapter is for the same model. */
  @ParameterizedTest
  @CsvSource({
    "lora.torch_dtype=bfloat16, 0.01",
    "lora.load_in_8bit=true, 0.01",
    "lora.load_in_4bit=true, 0.1",
    "lora.load_in_4bit=true lora.bnb_4bit_use_double_quant=true lora.torch_dtype=bfloat16, 0.1"
  })
  void frozenWeightsInFewerBits(String settings, double difference) throws IOException {
    Messages exact = new Messages();
    run(ADAPTER.replace("NAME", "exact"), exact, 0);
    Messages stored = new Messages();
    run(ADAPTER.replace("NAME", "stored"), stored, 0, settings.split(" "));
    assertEquals(exact.losses.size(), stored.losses.size());
    for (int i = 0; i < exact.losses.size(); i++) {
      assertEquals(exact.losses.get(i), stored.losses.get(i), difference);
    }
    assertNotEquals(exact.digest(), stored.digest());
    Messages again = new Messages();
    List<String> changes = new ArrayList<>(List.of(settings.split(" ")));
    changes.addAll(List.of("device.threads=1", "training.gradient_checkpointing=true"));
    run(ADAPTER.replace("NAME", "again"), again, 0, changes.toArray(String[]::new));
    assertEquals(stored.digest(), again.digest());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("exact/adapter_config.json")),
        Files.readAllBytes(folder.resolve("stored/adapter_config.json")));
    run(ADAPTER.replace("NAME", "part"), new Messages(), 2, settings.split(" "));
    Messages rest = new Messages();
    changes.set(changes.size() - 1, "training.resume_from_checkpoint=true");
    run(ADAPTER.replace("NAME", "part"), rest, 0, changes.toArray(String[]::new));
    assertEquals(stored.digest(), rest.digest());
    Path merged = folder.resolve("merged");
    AdapterMerge.Report report =
        AdapterMerge.run(folder.resolve("stored"), Optional.empty(), merged);
    assertEquals(folder.resolve("base"), report.base());
  }

  private static double[] logits(Path model) {
    try (Region region = new Region("model")) {
      LoadedModel loaded = LoadedModel.open(model, Optional.empty(), region);
      Tensor ids = Tensors.of(region, Shape.of(1, 4), new int[] {1, 2, 3, 4});
      return Step.run(
          region, () -> Tensors.toDoubles(loaded.model().logits(ForwardInput.of(region, ids))));
    }
  }

  private static double distance(double[] a, double[] b) {
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }

  /** An adapter folder says which quantised weights it was trained on, and is used with those. */
  @ParameterizedTest
  @CsvSource({
    "lora.load_in_8bit=true, Q8_0",
    "lora.load_in_4bit=true, NF4",
    "lora.load_in_4bit=true lora.bnb_4bit_use_double_quant=true, NF4_DOUBLE"
  })
  void anAdapterKnowsWhatItWasTrainedOn(String settings, DType layers) throws IOException {
    run(ADAPTER.replace("NAME", "stored"), new Messages(), 0, settings.split(" "));
    Path stored = folder.resolve("stored");
    assertTrue(Files.exists(stored.resolve("checkpoint-3").resolve(BaseWeights.FILE)));
    try (Region region = new Region("model")) {
      LoadedModel loaded = LoadedModel.open(stored, Optional.empty(), region);
      assertEquals(new WeightStorage(layers, DType.F32), loaded.storage());
      assertTrue(loaded.note().orElseThrow().contains(layers.toString()));
    }
    AdapterMerge.Report report =
        AdapterMerge.run(stored, Optional.empty(), folder.resolve("merged"));
    assertEquals(layers, report.trainedOn().layers());
    Path asTrained = folder.resolve("as-trained");
    AdapterMerge.run(stored, Optional.empty(), asTrained, DType.F32, true);
    double[] trained = logits(stored);
    double near = distance(trained, logits(asTrained));
    double far = distance(trained, logits(folder.resolve("merged")));
    assertTrue(near < 1e-5 && far > 10 * near, near + " and " + far);
    run(ADAPTER.replace("NAME", "stored"), new Messages(), 0);
    assertFalse(Files.exists(stored.resolve(BaseWeights.FILE)), "an earlier run's is left");
    Files.writeString(stored.resolve(BaseWeights.FILE), "{\"load_in_4bit\": 3}");
    DataException e = assertThrows(DataException.class, () -> BaseWeights.of(stored));
    assertTrue(e.toString().contains(BaseWeights.FILE + ": load_in_4bit"), e.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "lora.load_in_4bit=true lora.load_in_8bit=true, exclude each other",
    "lora.load_in_4bit=true lora.bnb_4bit_quant_type=fp4, only",
    "lora.bnb_4bit_use_double_quant=true, has no effect without load_in_4bit",
    "lora.torch_dtype=float16, bfloat16",
    "lora.torch_dtype=bfloat16 device.name=emulator, on the cpu alone"
  })
  void storagesThatAreNotOffered(String settings, String message) {
    ConfigurationException e =
        assertThrows(
            ConfigurationException.class,
            () -> run(ADAPTER.replace("NAME", "no"), new Messages(), 0, settings.split(" ")));
    assertTrue(e.toString().contains(message), e.toString());
  }

  /** Rounding frozen weights once needs no copy of them, and files get none of it. */
  @Test
  void withRoundedWeightsFilesHoldTheExactOnes() throws IOException {
    String[] rounded = {"training.bf16=true"};
    Messages whole = new Messages();
    run(ADAPTER.replace("NAME", "whole"), whole, 0, rounded);
    run(ADAPTER.replace("NAME", "part"), new Messages(), 2, rounded);
    Messages rest = new Messages();
    run(
        ADAPTER.replace("NAME", "part"),
        rest,
        0,
        rounded[0],
        "training.resume_from_checkpoint=true");
    assertEquals(whole.digest(), rest.digest());
    try (Weights base = new HfDirectory(folder.resolve("base")).openWeights();
        Weights adapter = SafetensorsFile.open(folder.resolve("whole/adapter_model.safetensors"))) {
      for (String layer : List.of("model.embed_tokens", "lm_head")) {
        MemorySegment exact = base.entry(layer + ".weight").data();
        MemorySegment saved =
            adapter.entry("base_model.model." + layer + ".base_layer.weight").data();
        assertTrue(exact.byteSize() < saved.byteSize(), "there are new rows behind");
        assertEquals(-1, saved.asSlice(0, exact.byteSize()).mismatch(exact), layer);
      }
    }
  }

  @Test
  void anAdapterFolderIsNoModelToStartFrom() {
    run(ADAPTER.replace("NAME", "adapter"), new Messages(), 0);
    String path = "model.path=" + folder.resolve("adapter");
    ConfigurationException e =
        assertThrows(
            ConfigurationException.class,
            () -> run(ADAPTER.replace("NAME", "again"), new Messages(), 0, path));
    assertTrue(e.toString().contains("is an adapter folder"), e.toString());
  }

  @Test
  void anotherAdapterCannotBeResumed() throws IOException {
    run(ADAPTER.replace("NAME", "adapter"), new Messages(), 0);
    DataException e =
        assertThrows(
            DataException.class,
            () ->
                run(
                    ADAPTER.replace("NAME", "adapter"),
                    new Messages(),
                    0,
                    "training.resume_from_checkpoint=true",
                    "lora.lora_alpha=9"));
    assertTrue(e.toString().contains("adapter_config.json"), e.toString());
  }

  @Test
  void theAdapterIsUsedByItselfOrOnItsModelAndMerged() throws IOException {
    run(ADAPTER.replace("NAME", "adapter"), new Messages(), 0);
    Path adapter = folder.resolve("adapter");
    double[] alone = logits(adapter, Optional.empty());
    double[] named = logits(folder.resolve("base"), Optional.of(adapter));
    assertArrayEquals(alone, named);
    Path merged = folder.resolve("merged");
    AdapterMerge.Report report = AdapterMerge.run(adapter, Optional.empty(), merged);
    assertEquals(6, report.layers());
    assertTrue(report.merged() <= 1e-5, report.toString());
    assertEquals(0, report.readBack(), report.toString());
    assertArrayEquals(alone, logits(merged, Optional.empty()), 1e-5);
    for (DType dtype : List.of(DType.BF16, DType.F16)) {
      Path half = folder.resolve("merged-" + dtype);
      AdapterMerge.Report rounded = AdapterMerge.run(adapter, Optional.empty(), half, dtype, false);
      assertEquals(0, rounded.readBack(), rounded.toString());
      double unit = dtype == DType.BF16 ? 0x1p-8 : 0x1p-11;
      assertTrue(rounded.rounded() > 0 && rounded.rounded() < 20 * unit * rounded.largest());
      try (Weights weights = new HfDirectory(half).openWeights()) {
        assertEquals(Optional.of(dtype), weights.entry("lm_head.weight").type().dtype());
      }
    }
    ObjectNode config = new HfDirectory(merged).config();
    try (Region region = new Region("model")) {
      LoadedModel loaded = LoadedModel.open(merged, Optional.empty(), region);
      assertEquals(
          loaded.tokenizer().eosTokenId().orElseThrow(), config.get("eos_token_id").asInt());
      assertEquals(loaded.tokenizer().tokenizer().idBound(), config.get("vocab_size").asInt());
    }
    ConfigurationException e =
        assertThrows(
            ConfigurationException.class,
            () -> AdapterMerge.run(adapter, Optional.empty(), folder.resolve("base")));
    assertTrue(e.toString().contains("--output"), e.toString());
    assertThrows(
        ConfigurationException.class,
        () -> AdapterMerge.run(merged, Optional.empty(), folder.resolve("again")));
  }

  @Test
  void aTokenizerThatIsTooLargeIsRefusedUnlessResizingIsAskedFor() {
    ConfigurationException e =
        assertThrows(
            ConfigurationException.class,
            () ->
                run(
                    ADAPTER.replace("NAME", "adapter"),
                    new Messages(),
                    0,
                    "model.resize_token_embeddings=false"));
    assertTrue(e.toString().contains("model.resize_token_embeddings"), e.toString());
  }

  @Test
  void aModelWithRandomWeightsIsKeptForItsAdapter() throws IOException {
    String config =
        BASE.replace("DIR/base", "DIR/fresh").replace("\"training\"", "\"lora\": {}, \"training\"");
    run(config, new Messages(), 0);
    try (Region region = new Region("model")) {
      LoadedModel loaded = LoadedModel.open(folder.resolve("fresh"), Optional.empty(), region);
      assertEquals(folder.resolve("fresh/base_model"), loaded.folder());
      LoraAdapter adapter = loaded.adapter().orElseThrow();
      assertEquals(8, adapter.layers().size());
    }
  }

  private double[] logits(Path model, Optional<Path> adapter) {
    try (Region region = new Region("model");
        Region step = new Region("step")) {
      CausalLm loaded = LoadedModel.open(model, adapter, region).model();
      int[] ids = new int[12];
      Arrays.setAll(ids, i -> loaded.config().vocabSize() - 1 - i);
      return Step.run(
          step,
          () -> {
            Tensor tokens = Tensors.of(step, Shape.of(1, ids.length), ids);
            return Tensors.toDoubles(loaded.logits(ForwardInput.of(step, tokens)));
          });
    }
  }

  private Set<String> files(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /**
   * @param stopAfter the step after which to stop; 0 for none
   */
  private TrainingRun.Outcome run(
      String config, Messages messages, int stopAfter, String... changes) {
    byte[] text = config.replace("DIR", folder.toString()).getBytes(StandardCharsets.UTF_8);
    RunConfig run =
        RunConfig.read("run.json", Json.parseObject("run.json", text), List.of(changes));
    AtomicInteger steps = new AtomicInteger();
    return new TrainingRun(run, messages, () -> steps.incrementAndGet() == stopAfter).run();
  }

  private static final class Messages implements RunListener {
    private final List<String> all = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();

    String digest() {
      return all.stream()
          .filter(message -> message.startsWith("digest "))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public void message(String text) {
      all.add(text);
    }

    @Override
    public void step(int step, int totalSteps, StepReport report) {
      losses.add(report.loss());
    }

    @Override
    public void log(Map<String, Double> entry) {}

    @Override
    public void sample(String prompt, String continuation) {}

    @Override
    public void saved(Path checkpoint) {}
  }
}
