package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.data.InstructionRow;
import dev.gatun.data.TextCorpus;
import dev.gatun.data.TextMode;
import dev.gatun.data.quickstart.QuickstartData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The texts that a run is trained on or scored with: files, or a corpus that is generated. */
sealed interface Texts {
  /** Hands every text to the consumer, in order; may be called again. */
  void forEach(Consumer<String> consumer);

  /** Text files. */
  record Files(TextCorpus corpus) implements Texts {
    @Override
    public void forEach(Consumer<String> consumer) {
      try {
        corpus.forEach(consumer);
      } catch (IOException e) {
        throw new DataException(corpus.files() + ": cannot be read: " + e.getMessage(), e);
      }
    }
  }

  /** The generated corpus of the quick start, with its questions. */
  record Quickstart(QuickstartData data) implements Texts {
    @Override
    public void forEach(Consumer<String> consumer) {
      data.corpus().forEach(consumer);
    }

    List<InstructionRow> questions() {
      return data.unseen().stream().map(QuickstartData.Unseen::row).toList();
    }
  }

  static Texts of(List<Path> files, TextMode mode) {
    return new Files(new TextCorpus(files, mode));
  }

  /**
   * The texts to train on.
   *
   * @throws ConfigurationException for a generated corpus that does not exist
   */
  static Texts of(DataConfig config, long seed) {
    if (config.generated().isEmpty()) {
      return of(config.trainFiles(), config.textMode());
    }
    if (config.generated().equals("quickstart")) {
      return new Quickstart(QuickstartData.generate(seed));
    }
    throw new ConfigurationException(
        "data.generated: there is no generated corpus '"
            + config.generated()
            + "', only 'quickstart'");
  }
}
