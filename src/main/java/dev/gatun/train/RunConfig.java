package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.LoraConfigJson;
import dev.gatun.hub.Overrides;
import dev.gatun.lora.LoraConfig;
import dev.gatun.model.WeightStorage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * A run configuration: one JSON object with an object for each part of a run. A key that nobody
 * knows is an error with a suggestion.
 *
 * <pre>
 *   {
 *     "run":        {"output_dir": ..., "digest": false},
 *     "device":     {"name": "cpu", "threads": 2} or {"name": "cuda:0", "gemm": "auto"},
 *     "tokenizer":  {"path": ...} or {"type": ..., "vocab_size": ...},
 *     "data":       {"train_file": ..., "context_length": ..., "test_size": ...},
 *     "model":      {"config": {...}} or {"config_file": ...} or {"path": ...},
 *     "lora":       {the names of LoraConfig, and of BitsAndBytesConfig for the frozen model},
 *     "training":   {the names of TrainingArguments},
 *     "generation": {the names of GenerationConfig},
 *     "samples":    {"prompts": [...]},
 *     "questions":  {"file": ..., "template": ...},
 *     "then":       {a run that starts from the result of this one: see below}
 *   }
 * </pre>
 *
 * <p>Without {@code model}, a configuration trains the tokenizer that it describes and no more.
 *
 * @param origin what messages call it: its file, and the stage within it
 * @param outputDir where the run writes
 * @param digest whether to print the digest of all parameters at the end
 * @param device where to compute
 * @param cudaSync whether a GPU waits after each command, so that a failure names it
 * @param cudaGraphs whether a GPU is given the repeated work of a step as a CUDA graph
 * @param gemm who multiplies matrices on a GPU
 * @param threads of the CPU; all cores if absent
 * @param lora what to train instead of the model itself
 * @param baseWeights what the frozen weights under an adapter are stored as
 * @param then the next stage, a run configuration within this one. Unless it says otherwise, its
 *     model and its tokenizer are those of this run's output folder, and it computes where this run
 *     does; its own {@code output_dir} is a folder in that one
 * @param resolved the object as it was read, overrides applied: what is saved with the run
 */
public record RunConfig(
    String origin,
    Path outputDir,
    boolean digest,
    Device device,
    boolean cudaSync,
    boolean cudaGraphs,
    GemmChoice gemm,
    OptionalInt threads,
    TokenizerConfig tokenizer,
    DataConfig data,
    ModelSource model,
    Optional<LoraConfig> lora,
    WeightStorage baseWeights,
    TrainingArguments training,
    SampleConfig samples,
    Optional<QuestionConfig> questions,
    Optional<RunConfig> then,
    ObjectNode resolved) {

  /**
   * Reads a configuration.
   *
   * @param origin what messages call it, for example the file's name
   * @param overrides {@code a.b=value}, applied in order
   * @throws ConfigurationException naming origin and key
   */
  public static RunConfig read(String origin, ObjectNode object, List<String> overrides) {
    return named(origin, () -> readUnnamed(origin, object, overrides));
  }

  /**
   * Does a part of this run. Many values are only found to be wrong where they meet the data, the
   * tokenizer or the model, which know the key but not the file: it is put before the message here.
   *
   * @throws ConfigurationException naming origin and key
   */
  <T> T named(Supplier<T> work) {
    return named(origin, work);
  }

  private static <T> T named(String origin, Supplier<T> work) {
    try {
      return work.get();
    } catch (ConfigurationException e) {
      String message = String.valueOf(e.getMessage());
      throw message.startsWith(origin + ":")
          ? e
          : new ConfigurationException(origin + ": " + message, e);
    }
  }

  private static RunConfig readUnnamed(String origin, ObjectNode object, List<String> overrides) {
    ObjectNode resolved = object.deepCopy();
    Overrides.apply(resolved, overrides);
    JsonFields root = JsonFields.ofConfiguration(origin, resolved);
    JsonFields run = section(root, "run");
    JsonFields device = section(root, "device");
    JsonFields generation = root.object("generation").orElse(null);
    Optional<JsonFields> lora = root.object("lora");
    JsonFields tokenizer = section(root, "tokenizer");
    ModelSource model = model(origin, root, tokenizer);
    Path outputDir = Path.of(run.text("output_dir", "checkpoints/run"));
    RunConfig config =
        new RunConfig(
            origin,
            outputDir,
            run.flag("digest", false),
            device.parsed("name", "cpu", Device::parse),
            device.flag("cuda_sync", false),
            device.flag("cuda_graphs", true),
            device.parsed("gemm", "auto", GemmChoice::parse),
            device.has("threads")
                ? OptionalInt.of(device.positive("threads"))
                : OptionalInt.empty(),
            TokenizerConfig.read(tokenizer, model),
            DataConfig.read(section(root, "data")),
            model,
            lora.map(LoraConfigJson::read),
            lora.map(BaseWeights::read).orElse(WeightStorage.F32),
            TrainingArguments.read(section(root, "training")),
            SampleConfig.read(section(root, "samples"), generation),
            root.object("questions").map(QuestionConfig::read),
            then(origin, root, resolved, outputDir),
            resolved);
    root.rejectUnknown();
    if (!config.baseWeights.isF32() && !(config.device instanceof Device.Cpu)) {
      throw new ConfigurationException(
          "lora: frozen weights in fewer bits than F32 are computed with on the cpu alone:"
              + " leave out torch_dtype and load_in_*, or set device.name to cpu");
    }
    return config;
  }

  /** None, where there is no model and a tokenizer to train. */
  private static ModelSource model(String origin, JsonFields root, JsonFields tokenizer) {
    return root.has("tokenizer") && !tokenizer.has("path") && !root.has("model")
        ? new ModelSource.None(origin)
        : ModelSource.read(section(root, "model"));
  }

  /**
   * Refuses a configuration that trains a tokenizer and no more.
   *
   * @throws ConfigurationException that says so
   */
  void requireModel() {
    if (model instanceof ModelSource.None none) {
      throw none.error();
    }
  }

  /** This run, continued from its newest checkpoint. */
  public RunConfig resuming() {
    return read(origin, resolved, List.of("training.resume_from_checkpoint=true"));
  }

  private static Optional<RunConfig> then(
      String origin, JsonFields root, ObjectNode outer, Path outputDir) {
    Optional<JsonFields> inner = root.object("then");
    if (inner.isEmpty()) {
      return Optional.empty();
    }
    JsonFields fields = inner.get();
    fields.node().fieldNames().forEachRemaining(fields::accept); // they are asked for below
    ObjectNode stage = fields.node().deepCopy();
    String name = stage.path("run").path("output_dir").asText("then");
    put(stage, "run", "output_dir", outputDir.resolve(name).toString());
    putIfAbsent(stage, "model", "path", outputDir.toString());
    putIfAbsent(stage, "tokenizer", "path", outputDir.toString());
    if (!stage.has("device") && outer.has("device")) {
      stage.set("device", outer.get("device"));
    }
    return Optional.of(read(origin + ": " + root.place("then"), stage, List.of()));
  }

  private static void putIfAbsent(ObjectNode stage, String section, String key, String value) {
    if (!stage.path(section).has(key)) {
      put(stage, section, key, value);
    }
  }

  /** Puts a value into a section; one that is no object is left for reading to complain about. */
  private static void put(ObjectNode stage, String section, String key, String value) {
    if (!stage.has(section)) {
      stage.putObject(section);
    }
    if (stage.get(section) instanceof ObjectNode object) {
      object.put(key, value);
    }
  }

  private static JsonFields section(JsonFields root, String name) {
    return root.object(name).orElseGet(() -> root.emptyObject(name));
  }
}
