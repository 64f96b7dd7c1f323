package dev.gatun.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * JSON that stays JSON and no longer says what it should: values of other types, keys and elements
 * that are gone or twice there, numbers that are too large.
 */
public final class JsonDamage {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String[] VALUES = {
    "null",
    "{}",
    "[]",
    "[[]]",
    "[null]",
    "\"\"",
    "\"x\"",
    "true",
    "-1",
    "0",
    "0.5",
    "7",
    "2147483647",
    "99999999999",
    "1e300",
    "{\"a\": [1]}"
  };

  private final Philox random;
  private long address;

  private JsonDamage(long seed) {
    this.random = new Philox(seed, 1);
  }

  /** Copies of one value, or of lines of values, each with one or two changes. */
  public static List<byte[]> of(byte[] valid, long seed, int edits) {
    JsonDamage damage = new JsonDamage(seed);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < edits; i++) {
      List<JsonNode> values = values(valid);
      for (int edit = damage.below(2); edit >= 0; edit--) {
        damage.change(values.get(damage.below(values.size())));
      }
      StringBuilder text = new StringBuilder();
      values.forEach(value -> text.append(value).append('\n'));
      all.add(text.toString().getBytes(StandardCharsets.UTF_8));
    }
    return all;
  }

  private static List<JsonNode> values(byte[] text) {
    try (var values = MAPPER.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
      return values.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Walks down to a place by chance, near the root more often than far from it. */
  private void change(JsonNode root) {
    JsonNode node = root;
    while (!node.isEmpty()) {
      int index = below(node.size());
      JsonNode child = child(node, index);
      if (child.isEmpty() || below(3) == 0) {
        change(node, index);
        return;
      }
      node = child;
    }
  }

  private static JsonNode child(JsonNode node, int index) {
    return node.isArray() ? node.get(index) : node.get(key(node, index));
  }

  private static JsonNode value(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String key(JsonNode node, int index) {
    return node.properties().stream().skip(index).findFirst().orElseThrow().getKey();
  }

  private void change(JsonNode node, int index) {
    JsonNode value = value(VALUES[below(VALUES.length)]);
    int kind = below(3);
    if (node instanceof ArrayNode list) {
      switch (kind) {
        case 0 -> list.remove(index);
        case 1 -> list.insert(index, list.get(index).deepCopy());
        default -> list.set(index, value);
      }
    } else {
      String key = key(node, index);
      switch (kind) {
        case 0 -> ((ObjectNode) node).remove(key);
        case 1 -> ((ObjectNode) node).set(key + "s", ((ObjectNode) node).remove(key));
        default -> ((ObjectNode) node).set(key, value);
      }
    }
  }

  private int below(int bound) {
    return random.below(bound, address++);
  }
}
