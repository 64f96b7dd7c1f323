package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Changes to a configuration from the command line: {@code training.max_steps=10}. */
public final class Overrides {
  private Overrides() {}

  /**
   * Applies overrides in order. A value is read as JSON where it is JSON, and as text otherwise.
   *
   * @throws ConfigurationException for one without {@code =} or through something that is no object
   */
  public static void apply(ObjectNode object, List<String> overrides) {
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals <= 0) {
        throw new ConfigurationException(
            "--set " + override + ": write it as key=value, for example training.max_steps=10");
      }
      String[] path = override.substring(0, equals).split("\\.", -1);
      owner(object, path, override)
          .set(path[path.length - 1], value(override.substring(equals + 1)));
    }
  }

  /** The object that holds the last key of a path; objects on the way are made where absent. */
  private static ObjectNode owner(ObjectNode object, String[] path, String override) {
    ObjectNode at = object;
    for (int i = 0; i < path.length - 1; i++) {
      JsonNode next = at.get(path[i]);
      if (next == null || next.isNull()) {
        next = at.putObject(path[i]);
      }
      if (!(next instanceof ObjectNode inner)) {
        throw new ConfigurationException(
            "--set " + override + ": '" + path[i] + "' is no object, it has no keys of its own");
      }
      at = inner;
    }
    return at;
  }

  private static JsonNode value(String text) {
    try {
      byte[] wrapped = ("{\"value\":" + text + "}").getBytes(StandardCharsets.UTF_8);
      ObjectNode parsed = Json.parseObject("--set", wrapped);
      JsonNode value = parsed.get("value");
      return parsed.size() == 1 && value != null ? value : TextNode.valueOf(text);
    } catch (DataException _) {
      return TextNode.valueOf(text); // not JSON, so it is a text
    }
  }
}
