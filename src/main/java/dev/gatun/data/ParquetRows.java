package dev.gatun.data;

import dev.gatun.core.DataException;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqMap;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The rows of a Parquet file, read as a stream. */
final class ParquetRows {
  private static final int MAX_DEPTH = 64;

  /** Kept, as a logger that nobody holds forgets its level. */
  private static final Logger LIBRARY = Logger.getLogger("dev.hardwood");

  static {
    LIBRARY.setLevel(Level.WARNING); // else it tells the user which decompressor it found
  }

  private ParquetRows() {}

  /** Hands over row after row, until one is answered with false. */
  static void forEach(Path file, Predicate<DataRow> rows) throws IOException {
    try (Reading reading = new Reading(file)) {
      boolean more = true;
      for (long number = 1; more && reading.hasNext(number); number++) {
        more = rows.test(reading.next(number));
      }
    }
  }

  /**
   * One pass over a file. What the library throws at a malformed file is of any type, so that here
   * alone all of them are caught; what the consumer of rows throws passes by.
   */
  private static final class Reading implements AutoCloseable {
    private final Path file;
    private final ParquetFileReader reader;
    private final RowReader rows;

    Reading(Path file) throws IOException {
      this.file = file;
      ParquetFileReader opened = null;
      try {
        opened = ParquetFileReader.open(new ChannelInputFile(file));
        rows = opened.rowReader();
        reader = opened;
      } catch (IOException | RuntimeException e) {
        if (opened != null) {
          opened.close();
        }
        throw malformed(file.toString(), e);
      }
    }

    boolean hasNext(long number) {
      try {
        return rows.hasNext();
      } catch (RuntimeException e) {
        throw malformed(file + ", row " + number, e);
      }
    }

    DataRow next(long number) {
      String place = file + ", row " + number;
      try {
        rows.next();
        return new DataRow(place, map(rows, 0));
      } catch (RuntimeException e) {
        throw malformed(place, e);
      }
    }

    @Override
    public void close() throws IOException {
      try (reader) {
        rows.close();
      }
    }
  }

  private static DataException malformed(String place, Exception e) {
    String message =
        String.valueOf(e.getMessage() == null ? e : e.getMessage())
            .lines()
            .findFirst()
            .orElse(e.getClass().getSimpleName());
    return new DataException(place + ": cannot be read as Parquet: " + message, e);
  }

  private static Map<String, @Nullable Object> map(StructAccessor struct, int depth) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < struct.getFieldCount(); i++) {
      map.put(
          struct.getFieldName(i), struct.isNull(i) ? null : value(struct.getValue(i), depth + 1));
    }
    return map;
  }

  private static @Nullable Object value(@Nullable Object value, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("values are nested deeper than " + MAX_DEPTH);
    }
    return switch (value) {
      case PqStruct struct -> map(struct, depth);
      case PqList list -> list(list, depth);
      case PqMap entries -> map(entries, depth);
      case byte[] bytes -> textOrBytes(bytes);
      case null, default -> value;
    };
  }

  private static List<@Nullable Object> list(PqList list, int depth) {
    List<@Nullable Object> values = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      values.add(list.isNull(i) ? null : value(list.get(i), depth + 1));
    }
    return values;
  }

  private static Map<String, @Nullable Object> map(PqMap entries, int depth) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (PqMap.Entry entry : entries.getEntries()) {
      map.put(String.valueOf(value(entry.getKey(), depth + 1)), value(entry.getValue(), depth + 1));
    }
    return map;
  }

  /** Some writers store text without saying that it is text. */
  private static Object textOrBytes(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return bytes;
    }
  }
}
