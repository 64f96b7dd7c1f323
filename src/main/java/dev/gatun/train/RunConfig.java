package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.LoraConfigJson;
import dev.gatun.hub.Overrides;
import dev.gatun.lora.LoraConfig;
import dev.gatun.model.WeightStorage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

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
 *     "questions":  {"file": ..., "template": ...}
 *   }
 * </pre>
 *
 * @param outputDir where the run writes
 * @param digest whether to print the digest of all parameters at the end
 * @param device where to compute
 * @param cudaSync whether a GPU waits after each command, so that a failure names it
 * @param gemm who multiplies matrices on a GPU
 * @param threads of the CPU; all cores if absent
 * @param lora what to train instead of the model itself
 * @param baseWeights what the frozen weights under an adapter are stored as
 * @param resolved the object as it was read, overrides applied: what is saved with the run
 */
public record RunConfig(
    Path outputDir,
    boolean digest,
    Device device,
    boolean cudaSync,
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
    ObjectNode resolved) {

  /**
   * Reads a configuration.
   *
   * @param origin what messages call it, for example the file's name
   * @param overrides {@code a.b=value}, applied in order
   * @throws ConfigurationException naming origin and key
   */
  public static RunConfig read(String origin, ObjectNode object, List<String> overrides) {
    ObjectNode resolved = object.deepCopy();
    Overrides.apply(resolved, overrides);
    JsonFields root = JsonFields.ofConfiguration(origin, resolved);
    JsonFields run = section(root, "run");
    JsonFields device = section(root, "device");
    JsonFields generation = root.object("generation").orElse(null);
    Optional<JsonFields> lora = root.object("lora");
    ModelSource model = ModelSource.read(section(root, "model"));
    RunConfig config =
        new RunConfig(
            Path.of(run.text("output_dir", "checkpoints/run")),
            run.flag("digest", false),
            Device.parse(device.text("name", "cpu")),
            device.flag("cuda_sync", false),
            GemmChoice.parse(device.text("gemm", "auto")),
            device.has("threads")
                ? OptionalInt.of(device.positive("threads"))
                : OptionalInt.empty(),
            TokenizerConfig.read(section(root, "tokenizer"), model),
            DataConfig.read(section(root, "data")),
            model,
            lora.map(LoraConfigJson::read),
            lora.map(BaseWeights::read).orElse(WeightStorage.F32),
            TrainingArguments.read(section(root, "training")),
            SampleConfig.read(section(root, "samples"), generation),
            root.object("questions").map(QuestionConfig::read),
            resolved);
    root.rejectUnknown();
    if (!config.baseWeights.isF32() && !(config.device instanceof Device.Cpu)) {
      throw new ConfigurationException(
          "lora: frozen weights in fewer bits than F32 are computed with on the cpu alone:"
              + " leave out torch_dtype and load_in_*, or set device.name to cpu");
    }
    return config;
  }

  private static JsonFields section(JsonFields root, String name) {
    return root.object(name).orElseGet(() -> JsonFields.ofConfiguration(name, Json.object()));
  }
}
