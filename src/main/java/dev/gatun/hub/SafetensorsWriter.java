package dev.gatun.hub;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.gatun.core.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes safetensors files, byte for byte as the reference implementation: tensors by descending
 * alignment of their type, then by name; the header padded with spaces to a multiple of 8 bytes.
 * Tensors stream from memory to the file in pieces.
 */
public final class SafetensorsWriter {
  /** What transformers and PEFT write into the header, and transformers asks for. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final Comparator<NamedTensor> FILE_ORDER =
      Comparator.comparing((NamedTensor tensor) -> StorageType.of(tensor.stored()))
          .reversed()
          .thenComparing(
              tensor -> tensor.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private SafetensorsWriter() {}

  /**
   * Writes or replaces a file, with the metadata {@code {"format": "pt"}}.
   *
   * @throws DataException if it cannot be written or a value does not fit its stored type; what was
   *     there before is unchanged
   */
  public static void write(Path file, Collection<NamedTensor> tensors) {
    write(file, tensors, PYTORCH);
  }

  /** As {@link #write(Path, Collection)}, with other metadata; none is written where empty. */
  public static void write(
      Path file, Collection<NamedTensor> tensors, Map<String, String> metadata) {
    prepare(file, tensors, metadata).commit();
  }

  /** Writes everything but the last step, the rename. */
  static AtomicFile prepare(
      Path file, Collection<NamedTensor> tensors, Map<String, String> metadata) {
    List<NamedTensor> ordered = tensors.stream().sorted(FILE_ORDER).toList();
    byte[] header = header(ordered, metadata);
    return AtomicFile.prepare(
        file,
        channel -> {
          ElementEncoder encoder = new ElementEncoder(channel);
          encoder.write(
              ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
          encoder.write(ByteBuffer.wrap(header));
          for (NamedTensor tensor : ordered) {
            encoder.write(tensor);
          }
        });
  }

  private static byte[] header(List<NamedTensor> tensors, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.generator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        writeMetadata(json, metadata);
      }
      writeTensors(json, tensors);
      json.writeEndObject();
    } catch (IOException e) {
      throw new AssertionError("an array in memory takes every byte", e);
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > SafetensorsHeader.MAX_BYTES) {
      throw new DataException(
          "%,d tensors need a header of %,d bytes; the format allows %,d, so write more shards"
              .formatted(tensors.size(), bytes.size(), SafetensorsHeader.MAX_BYTES));
    }
    return bytes.toByteArray();
  }

  private static void writeMetadata(JsonGenerator json, Map<String, String> metadata)
      throws IOException {
    json.writeObjectFieldStart(SafetensorsHeader.METADATA);
    for (Map.Entry<String, String> text : metadata.entrySet()) {
      json.writeStringField(text.getKey(), text.getValue());
    }
    json.writeEndObject();
  }

  private static void writeTensors(JsonGenerator json, List<NamedTensor> tensors)
      throws IOException {
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (NamedTensor tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException("two tensors have the name " + tensor.name());
      }
      json.writeObjectFieldStart(tensor.name());
      json.writeStringField("dtype", tensor.stored().name());
      json.writeFieldName("shape");
      json.writeArray(tensor.shape().toArray(), 0, tensor.shape().rank());
      json.writeFieldName("data_offsets");
      long end = Math.addExact(offset, tensor.storedBytes());
      json.writeArray(new long[] {offset, end}, 0, 2);
      json.writeEndObject();
      offset = end;
    }
  }
}
