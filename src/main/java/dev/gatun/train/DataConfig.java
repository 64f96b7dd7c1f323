package dev.gatun.train;

import dev.gatun.data.TextMode;
import dev.gatun.hub.JsonFields;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The object {@code data} of a run configuration: the text to train on.
 *
 * @param trainFiles {@code train_file}, one path or a list: UTF-8 text
 * @param validationFiles {@code validation_file}; if absent, {@code testSize} is held out
 * @param generated {@code generated}: the name of a generated corpus instead of files, or empty
 * @param textMode {@code text_mode}: {@code lines} or {@code document}
 * @param testSize {@code test_size}: the held-out share of texts, or their number; of a document
 *     its end
 * @param splitSeed {@code split_seed}
 * @param contextLength {@code context_length}: longer texts become several rows
 * @param appendEos {@code append_eos}: whether the end-of-text token closes every text
 */
record DataConfig(
    List<Path> trainFiles,
    List<Path> validationFiles,
    String generated,
    TextMode textMode,
    double testSize,
    long splitSeed,
    int contextLength,
    boolean appendEos) {
  private static final SequencedMap<String, TextMode> MODES = new LinkedHashMap<>();

  static {
    MODES.put("lines", TextMode.LINES);
    MODES.put("document", TextMode.DOCUMENT);
  }

  static DataConfig read(JsonFields fields) {
    List<Path> trainFiles = paths(fields, "train_file");
    String generated = fields.text("generated", "");
    if (trainFiles.isEmpty() == generated.isEmpty()) {
      throw fields.error("train_file", "or generated must be given, exactly one of the two");
    }
    double testSize = fields.number("test_size", 0);
    if (testSize < 0) {
      throw fields.error("test_size", "must not be negative, but is " + testSize);
    }
    return new DataConfig(
        trainFiles,
        paths(fields, "validation_file"),
        generated,
        fields.choice("text_mode", MODES, "lines"),
        testSize,
        fields.longInteger("split_seed", 42),
        fields.positive("context_length", 512),
        fields.flag("append_eos", false));
  }

  private static List<Path> paths(JsonFields fields, String key) {
    if (!fields.has(key)) {
      return List.of();
    }
    List<String> names =
        fields.node().get(key).isTextual() ? List.of(fields.text(key)) : fields.texts(key);
    return names.stream().map(Path::of).toList();
  }
}
