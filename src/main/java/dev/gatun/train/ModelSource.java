package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import java.nio.file.Path;

/** The object {@code model} of a run configuration: where the model comes from. */
public sealed interface ModelSource {
  /** {@code {"config": {...}}} or {@code {"config_file": FILE}}: a random start. */
  record Fresh(String origin, ObjectNode config) implements ModelSource {}

  /** {@code {"path": DIR}}: the weights of a folder. */
  record Pretrained(Path path) implements ModelSource {}

  /** Reads the object. */
  static ModelSource read(JsonFields fields) {
    if (fields.has("path")) {
      return new Pretrained(Path.of(fields.text("path")));
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
