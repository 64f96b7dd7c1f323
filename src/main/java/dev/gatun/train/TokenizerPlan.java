package dev.gatun.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What training a tokenizer takes: memory for the distinct words of the text, however long the text
 * is, since it streams by.
 *
 * @param vocabSize the number of ids
 * @param missing files to train on that are not there yet
 */
public record TokenizerPlan(int vocabSize, List<Path> missing) {
  /**
   * Bytes of Java's heap for a distinct word, with room to spare: its characters and its count,
   * twice while both tables of words exist, its symbols, and its places in the lists of pairs.
   * 400,000 random words of 4 to 11 letters were trained on within a heap of 180 MB, 450 bytes for
   * each.
   */
  public static final int BYTES_PER_WORD = 700;

  /** The plan of a configuration that has no model; empty for another. */
  public static Optional<TokenizerPlan> of(RunConfig config) {
    if (!(config.model() instanceof ModelSource.None)
        || !(config.tokenizer() instanceof TokenizerConfig.Train train)) {
      return Optional.empty();
    }
    return Optional.of(
        new TokenizerPlan(
            train.vocabSize(),
            config.data().trainFiles().stream().filter(file -> !Files.exists(file)).toList()));
  }

  /** The distinct words that fit into a heap. */
  public static long words(long heapBytes) {
    return heapBytes / BYTES_PER_WORD;
  }
}
