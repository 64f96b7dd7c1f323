package dev.gatun.hub;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON as the formats of models ask for it: strict UTF-8, no duplicate keys, one value and nothing
 * behind it, bounded depth, bounded numbers; written as Python's {@code json.dumps(indent=2)} does.
 */
public final class Json {
  private static final long MAX_BYTES = 100_000_000;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NUMBER_LENGTH = 400;
  private static final int MAX_MESSAGE_LENGTH = 300;

  /**
   * Names are not kept in a shared symbol table: names from a stranger could be chosen to collide
   * in it.
   */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxStringLength((int) MAX_BYTES)
                  .maxNameLength((int) MAX_BYTES)
                  .build())
          .build();

  private static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final ObjectWriter WRITER = MAPPER.writer(pythonStyle());

  private Json() {}

  /** An empty object of this library's tree model. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * Reads a file that holds one JSON object.
   *
   * @throws DataException if the file is absent, unreadable, larger than 100 MB or not such JSON
   */
  public static ObjectNode readObject(Path file) {
    return parseObject(file.toString(), readBytes(file));
  }

  /**
   * Parses one JSON object.
   *
   * @param origin what messages call the text, for example a file name
   */
  public static ObjectNode parseObject(String origin, byte[] utf8) {
    JsonNode root;
    try (Reader reader = strictUtf8(utf8, utf8.length)) {
      root = MAPPER.readTree(reader);
    } catch (IOException e) {
      throw notJson(origin, e);
    }
    if (root instanceof ObjectNode object) {
      return object;
    }
    throw new DataException(
        "%s: must hold a JSON object, but holds %s".formatted(origin, kind(root)));
  }

  /** A copy with the keys of every object in order, as transformers writes configurations. */
  static ObjectNode sorted(ObjectNode object) {
    Map<String, JsonNode> byKey = new TreeMap<>();
    object
        .properties()
        .forEach(
            field ->
                byKey.put(
                    field.getKey(),
                    field.getValue() instanceof ObjectNode inner
                        ? sorted(inner)
                        : field.getValue()));
    return object().setAll(byKey);
  }

  /** Writes an object as transformers does: indented by two, ASCII, closed by a line feed. */
  public static void write(Path file, JsonNode value) {
    byte[] text = format(value).getBytes(StandardCharsets.US_ASCII);
    AtomicFile.write(file, output -> output.write(text));
  }

  /** The text that {@link #write} writes. */
  public static String format(JsonNode value) {
    try {
      return WRITER.writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree is always JSON", e);
    }
  }

  /** What a value is, in the words of a message. */
  static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case STRING -> "the text " + Quoted.of(node.textValue());
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case NULL -> "null";
      case MISSING, BINARY, POJO -> "nothing";
    };
  }

  static JsonParser parser(byte[] utf8, int length) throws IOException {
    return FACTORY.createParser(strictUtf8(utf8, length));
  }

  /** Writes plain UTF-8 without spaces, as serde_json in Rust does. */
  static JsonGenerator generator(OutputStream output) throws IOException {
    return FACTORY
        .createGenerator(output)
        .disable(JsonWriteFeature.ESCAPE_NON_ASCII.mappedFeature())
        .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8.mappedFeature());
  }

  static DataException notJson(String origin, IOException e) {
    return switch (e) {
      case CharacterCodingException _ ->
          new DataException(
              "%s: is not valid UTF-8; the file is damaged or is not JSON".formatted(origin), e);
      case JsonProcessingException json ->
          new DataException(
              "%s: %s (line %d, column %d)"
                  .formatted(
                      origin,
                      readable(json),
                      json.getLocation() == null ? 1 : json.getLocation().getLineNr(),
                      json.getLocation() == null ? 1 : json.getLocation().getColumnNr()),
              e);
      default -> new DataException("%s: cannot be read: %s".formatted(origin, e.getMessage()), e);
    };
  }

  /** The parser's own words, short, on one line and without the names of its settings. */
  private static String readable(JsonProcessingException e) {
    String words = e.getOriginalMessage().replaceAll(",? from `[^`]*`", "");
    String cut = words.substring(0, Math.min(words.length(), MAX_MESSAGE_LENGTH));
    return cut.replaceAll("\\p{C}", " ") + (words.length() > cut.length() ? "..." : "");
  }

  private static byte[] readBytes(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new DataException(
            "%s: has %,d bytes; a JSON file of more than %,d is refused"
                .formatted(file, size, MAX_BYTES));
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new DataException("%s: does not exist".formatted(file), e);
    } catch (IOException e) {
      throw new DataException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Reader strictUtf8(byte[] utf8, int length) {
    return new InputStreamReader(
        new ByteArrayInputStream(utf8, 0, length),
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT));
  }

  private static DefaultPrettyPrinter pythonStyle() {
    Separators separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withObjectEmptySeparator("")
            .withArrayEmptySeparator("");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators);
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    printer.indentObjectsWith(indenter);
    printer.indentArraysWith(indenter);
    return printer;
  }
}
