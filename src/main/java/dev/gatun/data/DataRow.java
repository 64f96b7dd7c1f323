package dev.gatun.data;

import dev.gatun.core.DataException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of a data set: its columns by name. A value is a text, a number, a truth value, null, a
 * list of values or a map of them; a Parquet column may hold values of other types.
 *
 * @param place what messages call it, for example {@code train.jsonl, line 3}
 * @param columns in the order of the file
 */
public record DataRow(String place, Map<String, ?> columns) {
  /**
   * The text in a column.
   *
   * @throws DataException that names file, row and column where there is none
   */
  public String text(String column) {
    if (!columns.containsKey(column)) {
      throw error(column, "is missing; the row has " + names());
    }
    if (columns.get(column) instanceof String text) {
      return text;
    }
    throw error(column, "must be a text, but is " + kind(columns.get(column)));
  }

  /** The text in a column; empty where the column is missing or null. */
  public String textOrEmpty(String column) {
    return columns.get(column) == null ? "" : text(column);
  }

  /** The maps that a column lists, each as a row whose place says which it is. */
  public List<DataRow> rows(String column) {
    if (!(columns.get(column) instanceof List<?> list)) {
      throw error(
          column,
          columns.containsKey(column)
              ? "must be a list, but is " + kind(columns.get(column))
              : "is missing; the row has " + names());
    }
    DataRow[] rows = new DataRow[list.size()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = element(column + "[" + i + "]", list.get(i));
    }
    return List.of(rows);
  }

  private DataRow element(String name, @Nullable Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw error(name, "must be an object, but is " + kind(value));
    }
    @SuppressWarnings("unchecked") // the readers make maps of texts alone
    Map<String, ?> named = (Map<String, ?>) map;
    return new DataRow(place + ", " + name, named);
  }

  /** The error of a column, for the caller to throw. */
  DataException error(String column, String message) {
    return new DataException(place + ": column '" + column + "' " + message);
  }

  private String names() {
    return columns.isEmpty() ? "no column" : String.join(", ", columns.keySet());
  }

  private static String kind(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String _ -> "a text";
      case Boolean _ -> "true or false";
      case Number _ -> "a number";
      case List<?> _ -> "a list";
      case Map<?, ?> _ -> "an object";
      case byte[] _ -> "bytes that are not UTF-8";
      default -> "a " + value.getClass().getSimpleName();
    };
  }
}
