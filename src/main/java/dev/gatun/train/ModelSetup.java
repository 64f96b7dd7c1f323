package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.hub.Weights;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.SpecialTokens;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Models from configurations and folders, and back into folders. */
public final class ModelSetup {
  private ModelSetup() {}

  /** The model of a folder with its weights, in F32. */
  public static CausalLm load(Path folder, Region region) {
    CausalLm model = ModelConfigs.read(new HfDirectory(folder)).build();
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
  static CausalLm of(
      RunConfig config, TokenizerFolder tokenizer, Optional<Path> resumed, Region region) {
    CausalLm model =
        resumed.isPresent()
            ? load(resumed.get(), region)
            : switch (config.model()) {
              case ModelSource.Pretrained pretrained -> load(pretrained.path(), region);
              case ModelSource.Fresh fresh -> fresh(config, fresh, tokenizer, region);
            };
    requireFits(model.config(), config, tokenizer);
    return model;
  }

  private static CausalLm fresh(
      RunConfig run, ModelSource.Fresh source, TokenizerFolder tokenizer, Region region) {
    // The vocabulary is the tokenizer's, as in `vocab_size = len(tokenizer)`.
    var described = source.config().deepCopy();
    described.put("vocab_size", tokenizer.tokenizer().idBound());
    JsonFields fields = JsonFields.ofConfiguration(source.origin(), described);
    ModelConfig config = ModelConfigs.parse(fields).withSpecialTokens(special(tokenizer));
    CausalLm model = config.build();
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
          "the tokenizer has ids up to %d, the model's vocab_size is %d: they do not fit together"
              .formatted(tokenizer.tokenizer().idBound() - 1, model.vocabSize()));
    }
    if (config.data().contextLength() > model.maxPositionEmbeddings()) {
      throw new ConfigurationException(
          "data.context_length is %d, the model knows %d positions: lower one or raise the other"
              .formatted(config.data().contextLength(), model.maxPositionEmbeddings()));
    }
  }
}
