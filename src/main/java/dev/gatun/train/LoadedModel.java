package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.PeftDirectory;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.Rebuild;
import dev.gatun.model.WeightStorage;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model to be used: that of a model folder, with or without an adapter, or that which an adapter
 * folder names.
 *
 * @param model what computes, the adapter active
 * @param folder the model folder
 * @param adapterFolder the adapter folder, if there is one
 * @param adapter what was read from it
 * @param storage what the weights of the model are stored as
 */
public record LoadedModel(
    CausalLm model,
    Path folder,
    Optional<Path> adapterFolder,
    Optional<LoraAdapter> adapter,
    WeightStorage storage) {

  /**
   * Loads a model: on the CPU with the weights that the adapter was trained on, else in F32.
   *
   * @param folder a model folder, or an adapter folder by itself
   * @param adapter an adapter folder to put on the model
   * @param region of all parameters
   */
  public static LoadedModel open(Path folder, Optional<Path> adapter, Region region) {
    WeightStorage trainedOn =
        region.storage().isHost() ? BaseWeights.of(adapter.orElse(folder)) : WeightStorage.F32;
    return open(folder, adapter, region, trainedOn);
  }

  /**
   * Loads a model.
   *
   * @param folder a model folder, or an adapter folder by itself
   * @param adapter an adapter folder to put on the model
   * @param region of all parameters
   * @param storage what the weights of the model are stored as
   */
  public static LoadedModel open(
      Path folder, Optional<Path> adapter, Region region, WeightStorage storage) {
    if (!storage.isF32() && !region.storage().isHost()) {
      throw new ConfigurationException(
          "weights in fewer bits than F32 are computed with on the cpu alone:"
              + " use --dtype f32, or --device cpu");
    }
    if (adapter.isEmpty() && PeftDirectory.isAlone(folder)) {
      return open(new PeftDirectory(folder).baseModel(), Optional.of(folder), region, storage);
    }
    CausalLm model = ModelSetup.load(folder, region, storage);
    if (adapter.isEmpty()) {
      return new LoadedModel(model, folder, adapter, Optional.empty(), storage);
    }
    LoraAdapter lora =
        new PeftDirectory(adapter.get()).load(model, LoraAdapter.DEFAULT_NAME, region);
    if (lora.model().config().vocabSize() != model.config().vocabSize()) {
      Rebuild.releaseResized(model);
    }
    lora.activate();
    return new LoadedModel(lora.model(), folder, adapter, Optional.of(lora), storage);
  }

  /** What its user should know about the weights; empty where they are as the folder has them. */
  public Optional<String> note() {
    return adapterFolder
        .filter(folder -> !storage.isF32() && storage.equals(BaseWeights.of(folder)))
        .map(
            folder ->
                "%s was trained on weights in %s, so these are used; --dtype f32 takes them whole"
                    .formatted(folder, storage.layers()));
  }

  /** The tokenizer: the adapter's own, as one with added tokens has, or else the model's. */
  public TokenizerFolder tokenizer() {
    return TokenizerFolder.read(adapterTokenizer().orElse(folder));
  }

  /**
   * The model's {@code generation_config.json}, in which the end token is the tokenizer's if the
   * model has none or the tokenizer came with the adapter.
   */
  public ObjectNode generationConfig(TokenizerFolder tokenizer) {
    ObjectNode node =
        new HfDirectory(folder)
            .generationConfig()
            .map(ObjectNode::deepCopy)
            .orElseGet(Json::object);
    if (adapterTokenizer().isPresent() || !node.hasNonNull("eos_token_id")) {
      tokenizer.eosTokenId().ifPresent(id -> node.put("eos_token_id", id));
    }
    return node;
  }

  /** The folder of the adapter if it has a tokenizer. */
  Optional<Path> adapterTokenizer() {
    return adapterFolder.filter(TokenizerFolder::isIn);
  }
}
