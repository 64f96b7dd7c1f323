package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.hub.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Configurations from files, or, under the same names, from the jar. */
final class ConfigFiles {
  private ConfigFiles() {}

  /** Reads {@code configs/NAME.json}: the file if there is one, else the jar's. */
  static ObjectNode read(String name) {
    Path file = Path.of(name);
    if (Files.exists(file)) {
      return asConfiguration(() -> Json.readObject(file));
    }
    try (InputStream resource = ConfigFiles.class.getResourceAsStream("/" + name)) {
      if (resource == null) {
        throw new ConfigurationException(
            name
                + ": there is no such file in "
                + Path.of("").toAbsolutePath()
                + ", nor in the jar");
      }
      byte[] text = resource.readAllBytes();
      return asConfiguration(() -> Json.parseObject(name, text));
    } catch (IOException e) {
      throw new ConfigurationException(
          name + ": cannot be read from the jar: " + e.getMessage(), e);
    }
  }

  private static ObjectNode asConfiguration(java.util.function.Supplier<ObjectNode> reader) {
    try {
      return reader.get();
    } catch (DataException e) {
      throw new ConfigurationException(String.valueOf(e.getMessage()), e);
    }
  }
}
