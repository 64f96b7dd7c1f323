package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads the records back by the description of their format. */
final class EventFilesTest {
  @TempDir private Path folder;

  @Test
  void theCheckSumIsTheOneOfTheFormat() {
    // The vector of RFC 3720, B.4: 32 bytes of zero.
    CRC32C crc = new CRC32C();
    crc.update(new byte[32]);
    assertEquals(0x8a9136aaL, crc.getValue());
  }

  @Test
  void figuresAreScalarsOfTheirStep() throws IOException {
    EventFiles events = new EventFiles(folder, 5);
    Map<String, Double> entry = new LinkedHashMap<>();
    entry.put("step", 300.0);
    entry.put("loss", 1.5);
    entry.put("eval_loss", 0.25);
    events.append(entry);

    List<byte[]> records = records();
    assertEquals(3, records.size());
    String version = new String(records.get(0), StandardCharsets.ISO_8859_1);
    assertEquals("brain.Event:2", version.substring(version.length() - 13));
    // wall_time (9 bytes), step 5, session_log of 2 bytes: status 1.
    assertEquals(
        List.of((byte) 0x10, (byte) 5, (byte) 0x3a, (byte) 2, (byte) 8, (byte) 1),
        bytes(records.get(1), 9));
    // step 300 is the varint ac 02; summary; value; tag; simple_value.
    byte[] event = records.get(2);
    assertEquals(List.of((byte) 0x10, (byte) 0xac, (byte) 2, (byte) 0x2a), bytes(event, 9, 13));
    ByteBuffer in = ByteBuffer.wrap(event, 14, event.length - 14).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(Map.of("train/loss", 1.5f, "eval/loss", 0.25f), scalars(in));
  }

  private static Map<String, Float> scalars(ByteBuffer in) {
    Map<String, Float> scalars = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      assertEquals(0x0a, in.get());
      in.get();
      assertEquals(0x0a, in.get());
      byte[] tag = new byte[in.get()];
      in.get(tag);
      assertEquals(0x15, in.get());
      scalars.put(new String(tag, StandardCharsets.UTF_8), in.getFloat());
    }
    return scalars;
  }

  private static List<Byte> bytes(byte[] from, int start) {
    return bytes(from, start, from.length);
  }

  private static List<Byte> bytes(byte[] from, int start, int end) {
    List<Byte> bytes = new ArrayList<>();
    for (int i = start; i < end; i++) {
      bytes.add(from[i]);
    }
    return bytes;
  }

  private List<byte[]> records() throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder)) {
      file = files.findFirst().orElseThrow();
    }
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(in.position(), length);
      byte[] data = new byte[(int) in.getLong()];
      assertEquals(masked(length), in.getInt());
      in.get(data);
      assertEquals(masked(data), in.getInt());
      records.add(data);
    }
    return records;
  }

  private static int masked(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    int value = (int) crc.getValue();
    return ((value >>> 15) | (value << 17)) + 0xa282ead8;
  }
}
