package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import java.nio.file.Path;

/** The object {@code model} of a run configuration: where the model comes from. */
public sealed interface ModelSource {
  /** {@code {"config": {...}}} or {@code {"config_file": FILE}}: a random start. */
  record Fresh(String origin, ObjectNode config) implements ModelSource {}

  /**
   * {@code {"path": DIR}}: the weights of a folder.
   *
   * @param resizeTokenEmbeddings {@code resize_token_embeddings}, default false: whether to give
   *     the model a row for each token of the tokenizer, no more and no less
   */
  record Pretrained(Path path, boolean resizeTokenEmbeddings) implements ModelSource {}

  /** No model: a configuration that only trains a tokenizer. */
  record None(String origin) implements ModelSource {
    /** What is said where a model is asked for. */
    ConfigurationException error() {
      return new ConfigurationException(
          origin
              + ": model is missing: this configuration only trains a tokenizer, with 'tokenizer"
              + " train CONFIG --output DIR'; give model.config, config_file or path to train a"
              + " model");
    }
  }

  /** Reads the object. */
  static ModelSource read(JsonFields fields) {
    if (fields.has("path")) {
      return new Pretrained(
          Path.of(fields.text("path")), fields.flag("resize_token_embeddings", false));
    }
    if (fields.has("config_file")) {
      Path file = Path.of(fields.text("config_file"));
      return new Fresh(file.toString(), Json.readObject(file));
    }
    if (!(fields.node().get("config") instanceof ObjectNode config)) {
      throw fields.error(
          "config",
          "must be an object such as config.json holds, unless config_file or path is given");
    }
    fields.accept("config");
    return new Fresh(fields.place("config"), config);
  }
}
