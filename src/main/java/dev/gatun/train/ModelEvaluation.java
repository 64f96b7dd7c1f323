package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.data.Batches;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.TokenizerFolder;

/** Scores a model on files, as an evaluation of a run does. */
public final class ModelEvaluation {
  private ModelEvaluation() {}

  /**
   * Scores.
   *
   * @param origin what messages call the object
   * @param data the object {@code data} of a run configuration, whose {@code train_file} names what
   *     to score with; nothing is held out of it
   * @param batchSize rows that are computed together
   */
  public static Evaluation of(LoadedModel loaded, String origin, ObjectNode data, int batchSize) {
    ObjectNode all = data.deepCopy();
    all.put("test_size", 0);
    JsonFields fields = JsonFields.ofConfiguration(origin, all);
    DataConfig config = DataConfig.read(fields);
    fields.rejectUnknown();
    int positions = loaded.model().config().maxPositionEmbeddings();
    if (config.contextLength() > positions) {
      throw new ConfigurationException(
          "context_length is %d, the model knows %d positions: --set context_length=%d"
              .formatted(config.contextLength(), positions, positions));
    }
    TokenizerFolder tokenizer = TokenizerSetup.withChatTemplate(config, loaded.tokenizer());
    TrainingData read = TrainingData.of(config, Texts.of(config, 0), tokenizer);
    Batches batches =
        new Batches(
            config.packed(read.train(), config.evalPacking()),
            read.collator(),
            Batches.Options.inOrder(batchSize, TrainingData.pad(tokenizer)));
    return Evaluation.of(loaded.model(), batches.epoch(0), read.bytesPerToken());
  }
}
