package dev.gatun.data;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Files of rows: JSON Lines ({@code .jsonl}, {@code .ndjson}), JSON ({@code .json}) and Parquet
 * ({@code .parquet}), told apart by their names and read in this order as a stream.
 *
 * @param field of a JSON file that holds one object: the key of the list of rows, or empty
 */
public record RowFiles(List<Path> files, String field) {
  /** Checks that every file is there before anything is read. */
  public RowFiles {
    files = List.copyOf(files);
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new DataException(
            file + ": there is no such file; it was looked for in " + Path.of("").toAbsolutePath());
      }
    }
  }

  /** Whether a file holds rows, by its name; otherwise it is plain text. */
  public static boolean holdsRows(Path file) {
    return switch (extension(file)) {
      case "jsonl", "ndjson", "json", "parquet" -> true;
      default -> false;
    };
  }

  /** Hands every row to the consumer, in order. */
  public void forEach(Consumer<DataRow> rows) {
    for (Path file : files) {
      read(
          file,
          row -> {
            rows.accept(row);
            return true;
          });
    }
  }

  /** The first row, if there is one. */
  public Optional<DataRow> first() {
    AtomicReference<DataRow> first = new AtomicReference<>();
    for (Path file : files) {
      read(
          file,
          row -> {
            first.set(row);
            return false;
          });
      if (first.get() != null) {
        break;
      }
    }
    return Optional.ofNullable(first.get());
  }

  private void read(Path file, Predicate<DataRow> rows) {
    try {
      switch (extension(file)) {
        case "jsonl", "ndjson" -> JsonRows.lines(file, rows);
        case "json" -> JsonRows.document(file, field, rows);
        case "parquet" -> ParquetRows.forEach(file, rows);
        default ->
            throw new DataException(
                file + ": holds text, not rows; rows are in .jsonl, .json or .parquet files");
      }
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static String extension(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
