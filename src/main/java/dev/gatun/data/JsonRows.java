package dev.gatun.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.gatun.core.DataException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The rows of JSON files, read as a stream: memory holds one row at a time. Strict: UTF-8, no
 * duplicate keys, bounded depth, bounded numbers. Reading stops at a row that the receiver answers
 * with false.
 */
final class JsonRows {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NUMBER_LENGTH = 400;
  private static final int MAX_STRING_LENGTH = 1 << 28;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxStringLength(MAX_STRING_LENGTH)
                  .maxNameLength(MAX_STRING_LENGTH)
                  .build())
          .build();

  private final Path file;

  private JsonRows(Path file) {
    this.file = file;
  }

  /** JSON Lines: one object a line; blank lines are skipped. */
  static void lines(Path file, Predicate<DataRow> rows) throws IOException {
    try (Utf8Lines lines = new Utf8Lines(file)) {
      long number = 0;
      for (String line = lines.next(); line != null; line = lines.next()) {
        number++;
        if (!line.isBlank() && !rows.test(line(file + ", line " + number, line))) {
          return;
        }
      }
    }
  }

  /**
   * JSON: a list of objects, an object that holds one, or objects one after another.
   *
   * @param field the key of the list in the object; empty if it is the only list of objects there
   */
  static void document(Path file, String field, Predicate<DataRow> rows) throws IOException {
    if (isLines(file)) {
      lines(file, rows);
      return;
    }
    JsonRows reader = new JsonRows(file);
    try (JsonParser parser = open(file)) {
      boolean ended =
          parser.nextToken() == JsonToken.START_ARRAY
              ? reader.list(parser, "row", rows)
              : reader.object(parser, field, rows);
      if (ended && parser.nextToken() != null) {
        throw new DataException(file + ": there is more behind the list of rows");
      }
    } catch (JsonProcessingException | CharacterCodingException e) {
      throw malformed(file.toString(), e);
    }
  }

  /** Whether a file that calls itself JSON has several values, as JSON Lines has. */
  private static boolean isLines(Path file) throws IOException {
    try (JsonParser parser = open(file)) {
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_OBJECT && first != JsonToken.START_ARRAY) {
        throw new DataException(file + ": must hold a list of objects, or an object with one");
      }
      if (first == JsonToken.START_ARRAY) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() != null;
    } catch (JsonProcessingException | CharacterCodingException e) {
      throw malformed(file.toString(), e);
    }
  }

  private static JsonParser open(Path file) throws IOException {
    InputStreamReader reader =
        new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8.newDecoder());
    JsonParser parser = FACTORY.createParser(new SkippingMark(reader, BYTE_ORDER_MARK));
    parser.enable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
    return parser;
  }

  private static DataRow line(String place, String line) throws IOException {
    try (JsonParser parser = FACTORY.createParser(line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new DataException(place + ": must be one JSON object");
      }
      DataRow row = new DataRow(place, map(parser));
      if (parser.nextToken() != null) {
        throw new DataException(place + ": there is more behind the object");
      }
      return row;
    } catch (JsonProcessingException e) {
      throw malformedLine(place, e);
    }
  }

  /** The value that a column holds as a text of JSON. */
  static @Nullable Object value(DataRow row, String column, String text) {
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.nextToken();
      Object value = value(parser);
      if (parser.nextToken() == null) {
        return value;
      }
    } catch (IOException e) {
      throw malformed(row.place() + ", column '" + column + "'", e);
    }
    throw row.error(column, "has more than one JSON value");
  }

  private boolean object(JsonParser parser, String field, Predicate<DataRow> rows)
      throws IOException {
    @Nullable String found = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      boolean list = parser.nextToken() == JsonToken.START_ARRAY;
      if (!list || !(field.isEmpty() || field.equals(name))) {
        parser.skipChildren();
        continue;
      }
      if (found != null) {
        throw new DataException(
            "%s: holds the lists '%s' and '%s'; say which with data.field"
                .formatted(file, found, name));
      }
      found = name;
      if (!list(parser, name, rows)) {
        return false;
      }
    }
    if (found == null) {
      throw new DataException(
          file + ": holds no list" + (field.isEmpty() ? "" : " named '" + field + "'"));
    }
    return true;
  }

  /** Returns whether the list was read to its end. */
  private boolean list(JsonParser parser, String name, Predicate<DataRow> rows) throws IOException {
    long number = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      number++;
      String place = file + ", " + name + " " + number;
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw new DataException(place + ": must be an object");
      }
      if (!rows.test(new DataRow(place, map(parser)))) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, @Nullable Object> map(JsonParser parser) throws IOException {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      map.put(name, value(parser));
    }
    return map;
  }

  private static @Nullable Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> map(parser);
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> text(parser);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case null, default -> null;
    };
  }

  /** JSON can write half of a surrogate pair, which is no text: no tokenizer takes it. */
  private static String text(JsonParser parser) throws IOException {
    String text = parser.getText();
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.charCount(text.codePointAt(i)) == 1) {
          throw new JsonParseException(
              parser, "a text holds \\u%04x alone, half of a pair".formatted((int) text.charAt(i)));
        }
        i++;
      }
    }
    return text;
  }

  /** The error of a line of JSON Lines, of which the place has the number already. */
  private static DataException malformedLine(String place, JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return malformed(at == null ? place : place + ", column " + at.getColumnNr(), "", e);
  }

  private static DataException malformed(String place, IOException e) {
    String where = "";
    if (e instanceof JsonProcessingException json && json.getLocation() != null) {
      where =
          ", line %d, column %d"
              .formatted(json.getLocation().getLineNr(), json.getLocation().getColumnNr());
    }
    return malformed(place, where, e);
  }

  private static DataException malformed(String place, String where, IOException e) {
    String what =
        e instanceof JsonProcessingException json
            ? json.getOriginalMessage()
            : "there are bytes that are not UTF-8";
    String message = String.valueOf(what).lines().findFirst().orElse("");
    return new DataException(place + where + ": is not valid JSON: " + message, e);
  }
}
