package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.UserException;
import dev.gatun.token.TextPattern;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** What the elements of {@code tokenizer.json} have in common: a type, patterns, characters. */
final class JsonElement {
  private JsonElement() {}

  /** An element with its type, ready for its fields. */
  static ObjectNode of(String type) {
    return Json.object().put("type", type);
  }

  /** An element that holds a list of elements. */
  static <T> ObjectNode sequence(String key, List<T> parts, Function<T, ObjectNode> write) {
    ObjectNode node = of("Sequence");
    parts.forEach(part -> node.withArray(key).add(write.apply(part)));
    return node;
  }

  /** The elements of a {@code Sequence}; the list must be there. */
  static <T> List<T> parts(JsonFields fields, String key, Function<JsonFields, T> read) {
    if (!fields.has(key)) {
      throw fields.error(key, "is missing");
    }
    return fields.objects(key).stream().map(read).toList();
  }

  /** The error for a type that is not known; the message lists those that are. */
  static UserException unknownType(JsonFields fields, String what, String known) {
    return fields.error(
        "type",
        "is \"%s\", which is not a known %s; known are %s"
            .formatted(fields.text("type"), what, known));
  }

  /** A value whose own checks speak of no file: their message gets the place of the key. */
  static <T> T checked(JsonFields fields, String key, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw fields.error(key, "cannot be used: " + e.getMessage());
    }
  }

  /** A text that is exactly one character, as its code point. */
  static int character(JsonFields fields, String key) {
    String text = fields.text(key);
    if (text.codePointCount(0, text.length()) != 1) {
      throw fields.error(key, "must be one character, but is %s".formatted(Quoted.of(text)));
    }
    return text.codePointAt(0);
  }

  /** {@code {"String": …}} or {@code {"Regex": …}}. */
  static TextPattern pattern(JsonFields element) {
    JsonFields fields =
        element
            .object("pattern")
            .orElseThrow(() -> element.error("pattern", "is missing; give a String or a Regex"));
    if (fields.has("Regex") == fields.has("String")) {
      throw element.error("pattern", "must have one of the keys String and Regex");
    }
    return fields.has("Regex")
        ? checked(fields, "Regex", () -> new TextPattern.Regex(fields.text("Regex")))
        : checked(fields, "String", () -> new TextPattern.Literal(fields.text("String")));
  }

  static JsonNode write(TextPattern pattern) {
    return switch (pattern) {
      case TextPattern.Literal(String content) -> Json.object().put("String", content);
      case TextPattern.Regex(String source) -> Json.object().put("Regex", source);
    };
  }

  /** A flag that has to be there. */
  static boolean flag(JsonFields fields, String key) {
    if (!fields.contains(key)) {
      throw fields.error(key, "is missing");
    }
    return fields.flag(key, false);
  }
}
