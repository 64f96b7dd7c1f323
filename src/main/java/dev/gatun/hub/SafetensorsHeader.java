package dev.gatun.hub;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.gatun.core.DataException;
import dev.gatun.core.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Reads and checks the head of a safetensors file.
 *
 * <pre>
 *   u64 little-endian n | n bytes of JSON, padded with spaces | data
 *   {"__metadata__": {text: text}, NAME: {"dtype", "shape", "data_offsets": [begin, end]}, ...}
 * </pre>
 *
 * Rules of the format (safetensors README, "Format"): n is at most 100,000,000; the JSON starts
 * with an opening brace, has no duplicate keys, and only spaces follow it; offsets are relative to
 * the data; end - begin is the size of the shape in the type; the tensors cover the data without
 * holes and overlaps.
 */
final class SafetensorsHeader {
  static final long MAX_BYTES = 100_000_000;
  static final String METADATA = "__metadata__";

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int MAX_RANK = 64;

  private final String file;
  private final MemorySegment contents;
  private final long dataStart;
  private final SequencedMap<String, String> metadata = new LinkedHashMap<>();
  private final SequencedMap<String, TensorEntry> entries = new LinkedHashMap<>();

  private SafetensorsHeader(String file, MemorySegment contents) {
    this.file = file;
    this.contents = contents;
    this.dataStart = 8 + headerLength();
    parse();
  }

  /**
   * Reads the head of a file.
   *
   * @param file what messages call it
   * @param contents all its bytes
   * @throws DataException naming file, key and the rule that is broken
   */
  static SafetensorsHeader read(String file, MemorySegment contents) {
    return new SafetensorsHeader(file, contents);
  }

  SequencedMap<String, String> metadata() {
    return metadata;
  }

  /** The tensors by name, in the order of their data. */
  SequencedMap<String, TensorEntry> entries() {
    return entries;
  }

  private long headerLength() {
    long size = contents.byteSize();
    if (size < 8) {
      throw failure(
          "has %d bytes, but a safetensors file starts with 8 bytes of header length"
              .formatted(size));
    }
    long length = contents.get(LENGTH, 0);
    if (Long.compareUnsigned(length, MAX_BYTES) > 0) {
      throw failure(
          "header length %s exceeds the format's limit of %,d; is this a safetensors file?"
              .formatted(Long.toUnsignedString(length), MAX_BYTES));
    }
    if (length > size - 8) {
      throw failure(
          ("header length %,d reaches beyond the end of the file, which has %,d bytes;"
                  + " the file is cut short")
              .formatted(length, size));
    }
    if (length == 0 || contents.get(ValueLayout.JAVA_BYTE, 8) != '{') {
      throw failure("the header must start with '{'; is this a safetensors file?");
    }
    return length;
  }

  private void parse() {
    byte[] json = contents.asSlice(8, dataStart - 8).toArray(ValueLayout.JAVA_BYTE);
    int end = json.length;
    while (json[end - 1] == ' ') {
      end--;
    }
    if (json[end - 1] != '}') {
      throw failure("the header must end with '}' and be padded with spaces only");
    }
    List<Extent> extents = new ArrayList<>();
    String place = file + ": header";
    try (JsonParser parser = Json.parser(json, end)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = wellFormed(parser.currentName());
        place = file + ": header, at " + Quoted.of(name);
        parser.nextToken();
        if (name.equals(METADATA)) {
          parseMetadata(parser);
        } else {
          extents.add(parseTensor(parser, name));
        }
      }
      if (parser.nextToken() != null) {
        throw failure("something follows the header's JSON object");
      }
    } catch (IOException e) {
      throw Json.notJson(place, e);
    }
    layOut(extents);
  }

  private void parseMetadata(JsonParser parser) throws IOException {
    if (!parser.hasToken(JsonToken.START_OBJECT)) {
      throw failure("%s must be an object of texts".formatted(METADATA));
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = wellFormed(parser.currentName());
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw failure("%s: the value of %s must be a text".formatted(METADATA, Quoted.of(key)));
      }
      metadata.put(key, parser.getText());
    }
  }

  private Extent parseTensor(JsonParser parser, String name) throws IOException {
    if (!parser.hasToken(JsonToken.START_OBJECT)) {
      throw tensorFailure(name, "must be an object with dtype, shape and data_offsets");
    }
    StorageType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "dtype" -> type = parseType(parser, name);
        case "shape" -> shape = parseSizes(parser, name, key, MAX_RANK);
        case "data_offsets" -> offsets = parseSizes(parser, name, key, 2);
        default -> throw tensorFailure(name, "has an unknown key %s".formatted(Quoted.of(key)));
      }
    }
    if (type == null || shape == null || offsets == null) {
      throw tensorFailure(name, "must have dtype, shape and data_offsets");
    }
    if (offsets.size() != 2) {
      throw tensorFailure(name, "data_offsets must be [begin, end]");
    }
    return new Extent(name, type, shape, offsets.getFirst(), offsets.getLast());
  }

  private StorageType parseType(JsonParser parser, String name) throws IOException {
    if (!parser.hasToken(JsonToken.VALUE_STRING)) {
      throw tensorFailure(name, "dtype must be a text");
    }
    String type = parser.getText();
    return StorageType.named(type)
        .orElseThrow(() -> tensorFailure(name, "unknown dtype %s".formatted(Quoted.of(type))));
  }

  private List<Long> parseSizes(JsonParser parser, String name, String key, int most)
      throws IOException {
    if (!parser.hasToken(JsonToken.START_ARRAY)) {
      throw tensorFailure(name, "%s must be a list of integers".formatted(key));
    }
    List<Long> sizes = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!parser.hasToken(JsonToken.VALUE_NUMBER_INT) || parser.getText().startsWith("-")) {
        throw tensorFailure(name, "%s must hold integers that are not negative".formatted(key));
      }
      if (sizes.size() == most) {
        throw tensorFailure(name, "%s has more than %d numbers".formatted(key, most));
      }
      if (parser.getNumberType() != JsonParser.NumberType.INT
          && parser.getNumberType() != JsonParser.NumberType.LONG) {
        throw tensorFailure(name, "%s holds a number beyond 64 bits".formatted(key));
      }
      sizes.add(parser.getLongValue());
    }
    return sizes;
  }

  /** Checks that the tensors cover the data and slices it. */
  private void layOut(List<Extent> extents) {
    extents.sort(Comparator.comparingLong(Extent::begin).thenComparingLong(Extent::end));
    long dataBytes = contents.byteSize() - dataStart;
    long covered = 0;
    for (Extent extent : extents) {
      checkExtent(extent, covered, dataBytes);
      covered = extent.end;
      entries.put(
          extent.name,
          new TensorEntry(
              extent.name,
              extent.type,
              shape(extent),
              contents.asSlice(dataStart + extent.begin, extent.end - extent.begin)));
    }
    if (covered != dataBytes) {
      throw failure(
          "the tensors cover %,d bytes, but the file has %,d bytes of data"
              .formatted(covered, dataBytes));
    }
  }

  private void checkExtent(Extent extent, long covered, long dataBytes) {
    if (extent.end < extent.begin) {
      throw tensorFailure(
          extent.name,
          "data_offsets [%d, %d] end before they begin".formatted(extent.begin, extent.end));
    }
    if (extent.end > dataBytes) {
      throw tensorFailure(
          extent.name,
          "data_offsets [%d, %d] reach beyond the data, which has %d bytes; the file is cut short"
              .formatted(extent.begin, extent.end, dataBytes));
    }
    if (extent.begin != covered) {
      throw tensorFailure(
          extent.name,
          (extent.begin < covered
                  ? "data_offsets [%d, %d] overlap the tensor before, which ends at %d"
                  : "data_offsets [%d, %d] leave a hole after the tensor before, which ends at %d")
              .formatted(extent.begin, extent.end, covered));
    }
    long bytes = bytes(extent);
    if (bytes != extent.end - extent.begin) {
      throw tensorFailure(
          extent.name,
          "%s of shape %s takes %d bytes, but data_offsets give it %d"
              .formatted(extent.type, extent.shape, bytes, extent.end - extent.begin));
    }
  }

  private long bytes(Extent extent) {
    try {
      long bits = extent.type.bits();
      long elements = 1;
      for (long size : extent.shape) {
        elements = Math.multiplyExact(elements, size);
      }
      bits = Math.multiplyExact(elements, bits);
      if (bits % 8 != 0) {
        throw tensorFailure(
            extent.name, "%s of shape %s ends inside a byte".formatted(extent.type, extent.shape));
      }
      return bits / 8;
    } catch (ArithmeticException e) {
      throw tensorFailure(extent.name, "the size of shape %s overflows".formatted(extent.shape));
    }
  }

  private Shape shape(Extent extent) {
    int[] sizes = new int[extent.shape.size()];
    for (int axis = 0; axis < sizes.length; axis++) {
      long size = extent.shape.get(axis);
      if (size > Integer.MAX_VALUE) {
        throw tensorFailure(
            extent.name, "axis %d of shape %s exceeds 2^31 - 1".formatted(axis, extent.shape));
      }
      sizes[axis] = (int) size;
    }
    return Shape.of(sizes);
  }

  /** JSON escapes can spell half a character, which no other reader would find by that name. */
  private String wellFormed(String name) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
      throw failure("the key %s holds half a surrogate pair".formatted(Quoted.of(name)));
    }
    return name;
  }

  private DataException tensorFailure(String name, String rule) {
    return new DataException("%s: tensor %s: %s".formatted(file, Quoted.of(name), rule));
  }

  private DataException failure(String rule) {
    return new DataException(file + ": " + rule);
  }

  /** A tensor as the header states it, not checked yet. */
  private record Extent(String name, StorageType type, List<Long> shape, long begin, long end) {}
}
