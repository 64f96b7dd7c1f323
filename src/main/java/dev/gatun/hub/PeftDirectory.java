package dev.gatun.hub;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.lora.LoraConfig;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.Rebuild;
import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Conv1D;
import dev.gatun.nn.Parameter;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An adapter folder in the layout of PEFT: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}.
 *
 * @param path the folder
 */
public record PeftDirectory(Path path) {
  /** Which layers are adapted and how, and of which model. */
  public static final String CONFIG_FILE = "adapter_config.json";

  /** The parameters of the adapter. */
  public static final String WEIGHTS_FILE = "adapter_model.safetensors";

  private static final String BASE_MODEL = "base_model_name_or_path";

  /** Names of layers whose frozen weights PEFT saves with an adapter of theirs. */
  private static final List<String> EMBEDDING_NAMES = List.of("embed_tokens", "lm_head");

  /** Whether a folder is one of these. */
  public static boolean is(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG_FILE));
  }

  /** Whether a folder is one of these and no model folder. */
  public static boolean isAlone(Path folder) {
    return is(folder) && !Files.exists(folder.resolve(HfDirectory.CONFIG_FILE));
  }

  /**
   * Reads {@code adapter_config.json}.
   *
   * @throws DataException if it is absent, broken, or asks for what Gatun does not offer
   */
  public LoraConfig config() {
    JsonFields fields = fields();
    fields.accept(BASE_MODEL);
    LoraConfig config = LoraConfigJson.read(fields);
    LoraConfigJson.rejectUnknown(fields);
    return config;
  }

  /**
   * The folder of the model that this adapter belongs to. A relative path counts from the working
   * directory, as in Python, or else from the adapter's folder.
   *
   * @throws DataException if there is no such folder
   */
  public Path baseModel() {
    JsonFields fields = fields();
    String name =
        fields
            .optionalText(BASE_MODEL)
            .orElseThrow(
                () -> fields.error(BASE_MODEL, "does not say which model the adapter belongs to"));
    for (Path candidate : List.of(Path.of(name), path.resolve(name).normalize())) {
      if (Files.isRegularFile(candidate.resolve(HfDirectory.CONFIG_FILE))) {
        return candidate;
      }
    }
    throw fields.error(
        BASE_MODEL,
        "is %s, and no model folder lies there; name the folder of the model yourself"
            .formatted(Quoted.of(name)));
  }

  /**
   * Puts the adapter on a model. If it was made for another number of token ids, or trains one of
   * two tied layers whole, the model of the result is a {@linkplain Rebuild rebuilt} one.
   *
   * @param name of the adapter in memory
   * @param region of the adapter's parameters, and of what is rebuilt
   * @return the adapter, not active yet
   * @throws DataException listing every key that is missing, unexpected or of another shape
   */
  public LoraAdapter load(CausalLm model, String name, Region region) {
    LoraConfig config = config();
    try (SafetensorsFile file = SafetensorsFile.open(path.resolve(WEIGHTS_FILE))) {
      int vocabSize = vocabSize(model, file).orElse(model.config().vocabSize());
      CausalLm resized = Rebuild.resized(model, vocabSize, 0, region);
      LoraAdapter adapter = attach(resized, config, name, region);
      PeftMatch match = PeftMatch.of(adapter, file);
      match.requireComplete(resized != model);
      match.read(region, resized != model);
      return adapter;
    }
  }

  /**
   * Reads the parameters of an adapter that is on its model already, and into the model the frozen
   * weights that came with them.
   *
   * @throws DataException if the folder is that of another adapter or model
   */
  public void load(LoraAdapter adapter) {
    if (!config().equals(adapter.config())) {
      throw new DataException(
          path.resolve(CONFIG_FILE)
              + ": is not the configuration of the adapter that is to be loaded: "
              + adapter.config());
    }
    try (SafetensorsFile file = SafetensorsFile.open(path.resolve(WEIGHTS_FILE))) {
      PeftMatch match = PeftMatch.of(adapter, file);
      match.requireComplete(false);
      match.readInPlace();
    }
  }

  /**
   * Writes both files. The frozen weights of {@code embed_tokens} and {@code lm_head} go with the
   * adapter where these are adapted, as in PEFT, and those of both in any case if resized.
   *
   * @param baseModel what others find the model by, for example its folder
   * @param resized whether the model has another number of token ids than that folder
   */
  public void save(LoraAdapter adapter, String baseModel, boolean resized) {
    Map<String, Parameter> entries = new LinkedHashMap<>(adapter.fileEntries());
    adapter
        .embeddingEntries()
        .forEach(
            (key, parameter) -> {
              if (resized || isSavedEmbedding(adapter, key)) {
                entries.put(key, parameter);
              }
            });
    writeWeights(entries);
    boolean fanInFanOut =
        adapter.layers().values().stream().anyMatch(lora -> lora.layer() instanceof Conv1D);
    Json.write(
        path.resolve(CONFIG_FILE),
        Json.sorted(LoraConfigJson.write(adapter.config(), baseModel, fanInFanOut)));
  }

  private void writeWeights(Map<String, Parameter> entries) {
    try (Region host = new Region("saving")) {
      List<NamedTensor> tensors = new ArrayList<>();
      entries.forEach(
          (key, parameter) -> {
            Tensor value = Tensors.onHost(parameter.unpacked(host), host);
            tensors.add(
                NamedTensor.of(
                    key,
                    parameter.shape(),
                    DType.F32,
                    value.segment().asSlice(0, value.spec().bytes())));
          });
      SafetensorsWriter.write(path.resolve(WEIGHTS_FILE), tensors);
    }
  }

  private JsonFields fields() {
    Path file = path.resolve(CONFIG_FILE);
    if (!Files.isRegularFile(file)) {
      throw new DataException(
          "%s: has no %s, so it is no adapter folder".formatted(path, CONFIG_FILE));
    }
    return JsonFields.ofData(file);
  }

  private LoraAdapter attach(CausalLm model, LoraConfig config, String name, Region region) {
    try {
      CausalLm own =
          LoraAdapter.needsUntying(model, config) ? Rebuild.untied(model, region) : model;
      LoraAdapter adapter = new LoraAdapter(own, config, name);
      adapter.materialize(region);
      return adapter;
    } catch (ConfigurationException e) {
      throw fields().failure(e);
    }
  }

  private static boolean isSavedEmbedding(LoraAdapter adapter, String key) {
    return List.of(adapter.model().inputEmbeddings(), adapter.model().outputEmbeddings()).stream()
        .map(AdaptableLayer::path)
        .filter(layer -> key.startsWith(LoraAdapter.FILE_PREFIX + layer + "."))
        .anyMatch(
            layer ->
                adapter.layers().containsKey(layer)
                    && EMBEDDING_NAMES.contains(layer.substring(layer.lastIndexOf('.') + 1)));
  }

  /** The number of token ids that the tensors of a file are made for, if they tell. */
  private static OptionalInt vocabSize(CausalLm model, SafetensorsFile file) {
    String input = LoraAdapter.FILE_PREFIX + model.inputEmbeddings().path();
    String output = LoraAdapter.FILE_PREFIX + model.outputEmbeddings().path();
    Map<String, Integer> axes = new LinkedHashMap<>();
    axes.put(input + ".base_layer.weight", 0);
    axes.put(input + ".weight", 0);
    axes.put(output + ".base_layer.weight", 0);
    axes.put(output + ".weight", 0);
    axes.put(input + ".lora_embedding_A", 1);
    axes.put(output + ".lora_B.weight", 0);
    for (Map.Entry<String, Integer> axis : axes.entrySet()) {
      Optional<TensorEntry> entry = file.find(axis.getKey());
      if (entry.isPresent() && entry.get().shape().rank() == 2) {
        int size = entry.get().shape().size(axis.getValue());
        return size > 0 ? OptionalInt.of(size) : OptionalInt.empty();
      }
    }
    return OptionalInt.empty();
  }
}
