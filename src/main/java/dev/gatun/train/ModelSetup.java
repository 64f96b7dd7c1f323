package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.PeftDirectory;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.hub.Weights;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.lora.LoraConfig;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.Rebuild;
import dev.gatun.model.SpecialTokens;
import dev.gatun.model.WeightStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Models from configurations and folders, and back into folders. */
public final class ModelSetup {
  /** Where a run that adapts a model with random weights keeps that model. */
  private static final String BASE_MODEL = "base_model";

  private ModelSetup() {}

  /** The model of a folder with its weights, in F32. */
  public static CausalLm load(Path folder, Region region) {
    return load(folder, region, WeightStorage.F32);
  }

  /** The model of a folder with its weights, stored like this. */
  static CausalLm load(Path folder, Region region, WeightStorage storage) {
    if (PeftDirectory.isAlone(folder)) {
      throw new ConfigurationException(
          folder + ": is an adapter folder; name the folder of its model, or merge the two first");
    }
    CausalLm model = ModelConfigs.read(new HfDirectory(folder)).build();
    storage.apply(model);
    model.parameters().materialize(region, DType.F32);
    load(model, folder);
    return model;
  }

  /** Overwrites the weights of a model with those of a folder. */
  static void load(CausalLm model, Path folder) {
    try (Weights weights = new HfDirectory(folder).openWeights()) {
      StateDict.load(model.parameters(), weights);
    }
  }

  /** Writes config.json and model.safetensors. */
  static void save(CausalLm model, Path folder) {
    HfDirectory directory = new HfDirectory(folder);
    directory.writeConfig(ModelConfigs.write(model.config(), DType.F32, Json.object()));
    StateDict.save(model.parameters(), folder);
  }

  /**
   * The model of a run: from the checkpoint that it resumes, from a folder, or with random weights.
   */
  static TrainedModel of(
      RunConfig config,
      TokenizerFolder tokenizer,
      Optional<Path> resumed,
      Region region,
      RunListener listener) {
    TrainedModel trained =
        config.lora().isPresent()
            ? adapted(config, config.lora().get(), tokenizer, resumed, region, listener)
            : new TrainedModel.Whole(whole(config, tokenizer, resumed, region));
    requireFits(trained.model().config(), config, tokenizer);
    return trained;
  }

  private static CausalLm whole(
      RunConfig config, TokenizerFolder tokenizer, Optional<Path> resumed, Region region) {
    if (resumed.isPresent()) {
      return load(resumed.get(), region);
    }
    return switch (config.model()) {
      case ModelSource.Pretrained pretrained ->
          resized(
              load(pretrained.path(), region),
              pretrained,
              config,
              tokenizer.tokenizer().idBound(),
              region);
      case ModelSource.Fresh fresh ->
          fresh(config, fresh, Vocabulary.of(tokenizer), region, WeightStorage.F32);
      case ModelSource.None none -> throw none.error();
    };
  }

  /** A frozen model with an adapter; one with random weights is saved, for the adapter needs it. */
  private static TrainedModel adapted(
      RunConfig config,
      LoraConfig lora,
      TokenizerFolder tokenizer,
      Optional<Path> resumed,
      Region region,
      RunListener listener) {
    ModelSource.Pretrained source =
        switch (config.model()) {
          case ModelSource.Pretrained pretrained -> pretrained;
          case ModelSource.Fresh fresh -> {
            Path folder = config.outputDir().resolve(BASE_MODEL);
            if (resumed.isEmpty()) {
              saveFresh(config, fresh, tokenizer, folder);
            }
            yield new ModelSource.Pretrained(folder, false);
          }
          case ModelSource.None none -> throw none.error();
        };
    CausalLm base = load(source.path(), region, config.baseWeights());
    return adapted(
        base, source, config, lora, tokenizer.tokenizer().idBound(), resumed, region, listener);
  }

  /**
   * A model with an adapter.
   *
   * @param idBound of the tokenizer, for which the model is resized if the source says so
   */
  static TrainedModel adapted(
      CausalLm base,
      ModelSource.Pretrained source,
      RunConfig config,
      LoraConfig lora,
      int idBound,
      Optional<Path> resumed,
      Region region,
      RunListener listener) {
    CausalLm model = resized(base, source, config, idBound, region);
    boolean resized = model.config().vocabSize() != base.config().vocabSize();
    if (LoraAdapter.needsUntying(model, lora)) {
      model = Rebuild.untied(model, region);
    }
    LoraAdapter adapter = new LoraAdapter(model, lora, LoraAdapter.DEFAULT_NAME);
    adapter.warnings().forEach(warning -> listener.message("warning: lora: " + warning));
    adapter.materialize(region);
    adapter.initialize(config.training().seed());
    TrainedModel trained =
        new TrainedModel.Adapted(adapter, source.path(), resized, config.baseWeights());
    resumed.ifPresent(trained::load);
    adapter.activate();
    listener.message(adapter.count().toString());
    return trained;
  }

  private static void saveFresh(
      RunConfig config, ModelSource.Fresh source, TokenizerFolder tokenizer, Path folder) {
    try (Region region = new Region("base model")) {
      Files.createDirectories(folder);
      save(fresh(config, source, Vocabulary.of(tokenizer), region, WeightStorage.F32), folder);
      tokenizer.write(folder);
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be made: " + e.getMessage(), e);
    }
  }

  /** The model with a row for each token of the tokenizer, if the configuration asks for it. */
  static CausalLm resized(
      CausalLm model, ModelSource.Pretrained source, RunConfig config, int idBound, Region region) {
    if (!source.resizeTokenEmbeddings()) {
      return model;
    }
    CausalLm resized = Rebuild.resized(model, idBound, config.training().seed(), region);
    if (resized != model) {
      Rebuild.releaseResized(model);
    }
    return resized;
  }

  /** What a model with random weights has to know of its tokenizer. */
  record Vocabulary(int idBound, SpecialTokens specialTokens) {
    static Vocabulary of(TokenizerFolder tokenizer) {
      return new Vocabulary(tokenizer.tokenizer().idBound(), special(tokenizer));
    }
  }

  /** A model with random weights. */
  static CausalLm fresh(
      RunConfig run,
      ModelSource.Fresh source,
      Vocabulary vocabulary,
      Region region,
      WeightStorage storage) {
    // The vocabulary is the tokenizer's, as in `vocab_size = len(tokenizer)`.
    var described = source.config().deepCopy();
    described.put("vocab_size", vocabulary.idBound());
    JsonFields fields = JsonFields.ofConfiguration(source.origin(), described);
    ModelConfig config = ModelConfigs.parse(fields).withSpecialTokens(vocabulary.specialTokens());
    CausalLm model = config.build();
    storage.apply(model);
    model.parameters().materialize(region, DType.F32);
    model.parameters().initialize(run.training().seed());
    return model;
  }

  private static SpecialTokens special(TokenizerFolder tokenizer) {
    Integer bos = tokenizer.bosTokenId().isPresent() ? tokenizer.bosTokenId().getAsInt() : null;
    Integer pad = tokenizer.padTokenId().isPresent() ? tokenizer.padTokenId().getAsInt() : null;
    List<Integer> eos =
        tokenizer.eosTokenId().isPresent() ? List.of(tokenizer.eosTokenId().getAsInt()) : List.of();
    return new SpecialTokens(bos, eos, pad);
  }

  private static void requireFits(ModelConfig model, RunConfig config, TokenizerFolder tokenizer) {
    if (tokenizer.tokenizer().idBound() > model.vocabSize()) {
      throw new ConfigurationException(
          ("the tokenizer has ids up to %d, the model's vocab_size is %d;"
                  + " model.resize_token_embeddings true gives the model the missing rows")
              .formatted(tokenizer.tokenizer().idBound() - 1, model.vocabSize()));
    }
    if (config.data().contextLength() > model.maxPositionEmbeddings()) {
      throw new ConfigurationException(
          "data.context_length is %d, the model knows %d positions: lower one or raise the other"
              .formatted(config.data().contextLength(), model.maxPositionEmbeddings()));
    }
  }
}
