package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model folder in the layout of transformers: {@code config.json}, {@code
 * generation_config.json}, weights.
 *
 * @param path the folder
 */
public record HfDirectory(Path path) {
  /** The shape of the model. */
  public static final String CONFIG_FILE = "config.json";

  /** How the model generates unless told otherwise. */
  public static final String GENERATION_CONFIG_FILE = "generation_config.json";

  /**
   * The model configuration, with every key of the file, known or not.
   *
   * @throws DataException if the file is absent or not JSON
   */
  public ObjectNode config() {
    if (!Files.isDirectory(path)) {
      throw new DataException(
          "%s: %s; a model is a folder with %s"
              .formatted(path, Files.exists(path) ? "is a file" : "does not exist", CONFIG_FILE));
    }
    return Json.readObject(path.resolve(CONFIG_FILE));
  }

  /** What messages call {@code config.json}. */
  public String configOrigin() {
    return path.resolve(CONFIG_FILE).toString();
  }

  /** The generation settings; many folders have none. */
  public Optional<ObjectNode> generationConfig() {
    Path file = path.resolve(GENERATION_CONFIG_FILE);
    return Files.exists(file) ? Optional.of(Json.readObject(file)) : Optional.empty();
  }

  /** Opens the weights; the caller closes them. */
  public Weights openWeights() {
    return Weights.open(path);
  }

  /** Writes {@code config.json} with sorted keys, as transformers does. */
  public void writeConfig(ObjectNode config) {
    Json.write(path.resolve(CONFIG_FILE), Json.sorted(config));
  }

  /** Writes {@code generation_config.json} with sorted keys. */
  public void writeGenerationConfig(ObjectNode config) {
    Json.write(path.resolve(GENERATION_CONFIG_FILE), Json.sorted(config));
  }
}
