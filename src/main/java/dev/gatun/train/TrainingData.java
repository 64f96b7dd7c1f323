package dev.gatun.train;

import dev.gatun.core.DataException;
import dev.gatun.data.Split;
import dev.gatun.data.TextEncoder;
import dev.gatun.data.TextMode;
import dev.gatun.data.TokenRows;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Token rows of at most the context length, to train on and to evaluate with.
 *
 * @param bytesPerToken the average UTF-8 length of a token of the evaluated text
 */
record TrainingData(TokenRows train, Optional<TokenRows> validation, double bytesPerToken) {

  /** Token rows, one for each text, and the length of each text in bytes. */
  private record Tokenized(TokenRows rows, LongArrayList bytes) {
    static Tokenized of(Texts texts, TextEncoder encoder) {
      TokenRows.Builder rows = new TokenRows.Builder();
      LongArrayList bytes = new LongArrayList();
      texts.forEach(
          text -> {
            int[] ids = encoder.encode(text);
            if (ids.length > 0) {
              rows.add(ids);
              bytes.add(text.getBytes(StandardCharsets.UTF_8).length);
            }
          });
      return new Tokenized(rows.build(), bytes);
    }

    Tokenized select(int[] texts) {
      LongArrayList selected = new LongArrayList();
      for (int text : texts) {
        selected.add(bytes.getLong(text));
      }
      return new Tokenized(rows.select(texts), selected);
    }

    double bytesPerToken() {
      long sum = 0;
      for (int i = 0; i < bytes.size(); i++) {
        sum += bytes.getLong(i);
      }
      return (double) sum / Math.max(1, rows.tokens());
    }
  }

  /** Reads, tokenizes, splits and cuts. */
  static TrainingData of(DataConfig config, Texts texts, TextEncoder encoder) {
    Tokenized all = Tokenized.of(texts, encoder);
    if (all.rows().size() == 0) {
      throw new DataException("data.train_file: the files hold no text to train on");
    }
    int context = config.contextLength();
    if (!config.validationFiles().isEmpty()) {
      Texts heldOut = Texts.of(config.validationFiles(), config.textMode());
      Tokenized validation = Tokenized.of(heldOut, encoder);
      return new TrainingData(
          all.rows().cut(context),
          Optional.of(validation.rows().cut(context)),
          validation.bytesPerToken());
    }
    if (config.testSize() == 0) {
      return new TrainingData(all.rows().cut(context), Optional.empty(), all.bytesPerToken());
    }
    return config.textMode() == TextMode.DOCUMENT
        ? endHeldOut(config, all)
        : textsHeldOut(config, all);
  }

  /** Lines: a random choice of texts is held out. */
  private static TrainingData textsHeldOut(DataConfig config, Tokenized all) {
    Split split = Split.of(all.rows().size(), config.testSize(), config.splitSeed());
    Tokenized validation = all.select(split.test());
    return new TrainingData(
        all.rows().select(split.train()).cut(config.contextLength()),
        Optional.of(validation.rows().cut(config.contextLength())),
        validation.bytesPerToken());
  }

  /** Documents: the end of each is held out, so that no held-out text surrounds training text. */
  private static TrainingData endHeldOut(DataConfig config, Tokenized all) {
    TokenRows.Builder train = new TokenRows.Builder();
    TokenRows.Builder validation = new TokenRows.Builder();
    IntStream.range(0, all.rows().size())
        .forEach(
            i -> {
              int[] ids = all.rows().row(i);
              double share =
                  config.testSize() < 1 ? config.testSize() : config.testSize() / ids.length;
              int border = (int) ((1 - Math.min(1, share)) * ids.length);
              train.add(Arrays.copyOfRange(ids, 0, border));
              validation.add(Arrays.copyOfRange(ids, border, ids.length));
            });
    return new TrainingData(
        train.build().cut(config.contextLength()),
        Optional.of(validation.build().cut(config.contextLength())),
        all.bytesPerToken());
  }
}
