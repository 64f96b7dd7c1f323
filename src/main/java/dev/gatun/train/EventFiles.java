package dev.gatun.train;

import dev.gatun.core.DataException;
import dev.gatun.hub.JsonFields;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A file of scalars that TensorBoard reads: one {@code Event} message for each figure.
 *
 * <pre>
 *   record  length u64 | masked CRC-32C of length u32 | data | masked CRC-32C of data u32
 *   masked(c) = ((c &gt;&gt;&gt; 15) | (c &lt;&lt; 17)) + 0xa282ead8
 *   Event   1: wall_time double  2: step int64  3: file_version string
 *           5: summary { 1: value { 1: tag string  2: simple_value float } }
 *           7: session_log { 1: status (START = 1) }
 * </pre>
 *
 * <p>TensorFlow, {@code tsl/lib/io/record_writer} and {@code event.proto}; little-endian, the
 * messages in protocol buffers. A session log of a step hides what earlier files say from that step
 * on, so that a resumed run draws one line.
 */
final class EventFiles {
  private static final int MASK = 0xa282ead8;

  private final Path file;

  /**
   * Starts a file in a folder.
   *
   * @param firstStep the step that the run begins with
   */
  EventFiles(Path folder, int firstStep) {
    long now = System.currentTimeMillis();
    this.file =
        folder.resolve(
            "events.out.tfevents.%d.gatun.%d.0"
                .formatted(now / 1000, ProcessHandle.current().pid()));
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw unwritable(e);
    }
    append(new Message().real(1, now / 1e3).text(3, "brain.Event:2"));
    append(
        new Message()
            .real(1, now / 1e3)
            .integer(2, firstStep)
            .message(7, new Message().integer(1, 1)));
  }

  /**
   * Where a run wants its event files: {@code logging_dir}, by default {@code runs} in the output
   * folder. {@code report_to} switches them off by {@code "none"} and on by {@code "tensorboard"}
   * or {@code "all"}, the default.
   */
  static Optional<String> folder(JsonFields fields) {
    String folder = fields.text("logging_dir", "runs");
    List<String> targets =
        fields.isList("report_to")
            ? fields.texts("report_to")
            : List.of(fields.text("report_to", "all"));
    for (String target : targets) {
      if (!List.of("none", "all", "tensorboard").contains(target)) {
        throw fields.error(
            "report_to", "knows 'tensorboard', 'all' and 'none', but not '" + target + "'");
      }
    }
    return targets.isEmpty() || targets.contains("none") ? Optional.empty() : Optional.of(folder);
  }

  /** Writes the figures of one log; {@code eval_} figures go under {@code eval/}, as there. */
  void append(Map<String, Double> entry) {
    double now = System.currentTimeMillis() / 1e3;
    long step = entry.getOrDefault("step", 0.0).longValue();
    Message summary = new Message();
    entry.forEach(
        (name, value) -> {
          if (!name.equals("step")) {
            summary.message(1, new Message().text(1, tag(name)).real32(2, value.floatValue()));
          }
        });
    append(new Message().real(1, now).integer(2, step).message(5, summary));
  }

  private static String tag(String name) {
    return name.startsWith("eval_") ? "eval/" + name.substring(5) : "train/" + name;
  }

  private void append(Message event) {
    byte[] data = event.bytes();
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), 8));
    record.put(data);
    record.putInt(maskedCrc(data, data.length));
    try {
      Files.write(file, record.array(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static int maskedCrc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  private DataException unwritable(IOException e) {
    return new DataException(file + ": cannot be written: " + e, e);
  }

  /** A message of protocol buffers, field after field. */
  private static final class Message {
    private static final int VARINT = 0;
    private static final int BITS64 = 1;
    private static final int BYTES = 2;
    private static final int BITS32 = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message integer(int field, long value) {
      varint((field << 3) | VARINT);
      varint(value);
      return this;
    }

    Message real(int field, double value) {
      varint((field << 3) | BITS64);
      ByteBuffer bits = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      out.writeBytes(bits.putDouble(value).array());
      return this;
    }

    Message real32(int field, float value) {
      varint((field << 3) | BITS32);
      ByteBuffer bits = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      out.writeBytes(bits.putFloat(value).array());
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.bytes());
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    private Message bytes(int field, byte[] value) {
      varint((field << 3) | BYTES);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    private void varint(long value) {
      long rest = value;
      while (rest >>> 7 != 0) {
        out.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }
}
