package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.SpecialTokens;
import dev.gatun.model.WeightStorage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The model of a run that may start from folders which are not there yet, because another run is to
 * write them: then that run's configuration says what they will hold.
 */
final class PlannedModel {
  private final Function<Path, Optional<RunConfig>> writers;
  private final OptionalInt vocabSize;
  private final List<String> notes = new ArrayList<>();

  /**
   * @param writers the run that writes a folder, if one is known
   * @param vocabSize the number of token ids, where there is no tokenizer to tell it
   */
  PlannedModel(Function<Path, Optional<RunConfig>> writers, OptionalInt vocabSize) {
    this.writers = writers;
    this.vocabSize = vocabSize;
  }

  /** What was taken from elsewhere, for the reader. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /** The model with its adapter, in a region that holds no data. */
  TrainedModel of(RunConfig config, Region region) {
    if (config.lora().isEmpty()) {
      return new TrainedModel.Whole(whole(config, region, WeightStorage.F32));
    }
    ModelSource.Pretrained source =
        config.model() instanceof ModelSource.Pretrained pretrained
            ? pretrained
            : new ModelSource.Pretrained(config.outputDir(), false);
    CausalLm base =
        switch (config.model()) {
          case ModelSource.Pretrained(Path path, boolean _) ->
              folder(path, region, config.baseWeights());
          case ModelSource.Fresh fresh -> fresh(config, fresh, region, config.baseWeights());
          case ModelSource.None none -> throw none.error();
        };
    int ids = source.resizeTokenEmbeddings() ? idBound(config) : 0;
    return ModelSetup.adapted(
        base,
        source,
        config,
        config.lora().orElseThrow(),
        ids,
        Optional.empty(),
        region,
        RunListener.SILENT);
  }

  private CausalLm whole(RunConfig config, Region region, WeightStorage storage) {
    return switch (config.model()) {
      case ModelSource.Fresh fresh -> fresh(config, fresh, region, storage);
      case ModelSource.None none -> throw none.error();
      case ModelSource.Pretrained pretrained -> {
        CausalLm model = folder(pretrained.path(), region, storage);
        int ids = pretrained.resizeTokenEmbeddings() ? idBound(config) : 0;
        yield ModelSetup.resized(model, pretrained, config, ids, region);
      }
    };
  }

  private CausalLm fresh(
      RunConfig config, ModelSource.Fresh source, Region region, WeightStorage storage) {
    ModelSetup.Vocabulary vocabulary =
        new ModelSetup.Vocabulary(idBound(config), SpecialTokens.none());
    return ModelSetup.fresh(config, source, vocabulary, region, storage);
  }

  private CausalLm folder(Path path, Region region, WeightStorage storage) {
    if (Files.exists(path.resolve(HfDirectory.CONFIG_FILE))) {
      return ModelSetup.load(path, region, storage);
    }
    return whole(writer(path, "model.path"), region, storage);
  }

  /** One more than the largest token id. */
  private int idBound(RunConfig config) {
    if (vocabSize.isPresent()) {
      return vocabSize.getAsInt();
    }
    Optional<TokenizerFolder> there = tokenizer(config);
    if (there.isPresent()) {
      return there.get().tokenizer().idBound();
    }
    return switch (config.tokenizer()) {
      case TokenizerConfig.Load load ->
          idBound(writer(load.path(), "tokenizer.path")) + load.additionalSpecialTokens().size();
      case TokenizerConfig.Train train -> train.vocabSize();
    };
  }

  /** The tokens of a prompt; where there is no tokenizer, no more than its characters. */
  int length(RunConfig config, String prompt) {
    return tokenizer(config)
        .map(folder -> folder.tokenizer().encodeIds(prompt, true).length)
        .orElse(prompt.length());
  }

  /** The tokenizer, if it is there or made in no time. */
  private static Optional<TokenizerFolder> tokenizer(RunConfig config) {
    return switch (config.tokenizer()) {
      case TokenizerConfig.Load load ->
          Files.isRegularFile(load.path()) || TokenizerFolder.isIn(load.path())
              ? Optional.of(TokenizerSetup.load(load))
              : Optional.empty();
      case TokenizerConfig.Train train when train.type() == TokenizerConfig.Type.CHARACTERS -> {
        Texts texts = Texts.of(config.data(), config.training().seed());
        yield Optional.of(TokenizerSetup.of(config, texts, Optional.empty(), RunListener.SILENT));
      }
      case TokenizerConfig.Train _ -> Optional.empty();
    };
  }

  private RunConfig writer(Path folder, String key) {
    RunConfig writer =
        writers
            .apply(folder)
            .orElseThrow(
                () ->
                    new ConfigurationException(
                        "%s: %s is not there yet, and no configuration beside this one writes it;"
                                .formatted(key, folder)
                            + " make it first, or name the number of token ids with --vocab-size"));
    String note = folder + " is not there yet: planned as the run that writes it says";
    if (!notes.contains(note)) {
      notes.add(note);
    }
    return writer;
  }
}
