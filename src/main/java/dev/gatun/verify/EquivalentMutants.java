package dev.gatun.verify;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Mutants that compute what the kernel computes, so that no test can tell them from it: the table
 * {@code equivalent-mutants.txt}. Each row names kernels, the kind of mistake, the line of CUDA
 * source, the instruction, and the reason.
 */
final class EquivalentMutants {
  private static final String TABLE = "equivalent-mutants.txt";
  private static final int COLUMNS = 5;

  /**
   * @param kernels the entries
   * @param kind empty for any
   * @param source the text of the line of CUDA source or the name of its file, with {@code :0} for
   *     what the compiler ascribes to no line of it; empty for any
   * @param instruction what stands in the kernel
   */
  record Row(
      Pattern kernels, Optional<Mutation> kind, String source, Pattern instruction, String reason) {
    boolean matches(Mutant mutant) {
      return kernels.matcher(mutant.entry()).matches()
          && (kind.isEmpty() || kind.get() == mutant.kind())
          && isFrom(mutant.origin())
          && instruction.matcher(mutant.before().toString()).matches();
    }

    private boolean isFrom(KernelText.Origin origin) {
      return source.isEmpty()
          || source.equals(origin.text())
          || source.equals(origin.file())
          || (origin.line() == 0 && source.equals(origin.toString()));
    }
  }

  private final List<Row> rows;

  private EquivalentMutants(List<Row> rows) {
    this.rows = List.copyOf(rows);
  }

  /** The table that is packed with the program. */
  static EquivalentMutants documented() {
    try (InputStream stream = EquivalentMutants.class.getResourceAsStream(TABLE)) {
      if (stream == null) {
        throw new DataException("the program lacks " + TABLE + ": it was not built whole");
      }
      return parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a table: columns between bars; lines that begin with # say nothing. */
  static EquivalentMutants parse(String text) {
    List<Row> rows = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank() && !line.startsWith("#")) {
        rows.add(row(line, number));
      }
    }
    return new EquivalentMutants(rows);
  }

  private static Row row(String line, int number) {
    List<String> cells = new ArrayList<>();
    for (String cell : line.split("¦", -1)) {
      cells.add(cell.strip());
    }
    if (cells.size() != COLUMNS) {
      throw new DataException(
          "%s, line %d: %d columns in place of %d".formatted(TABLE, number, cells.size(), COLUMNS));
    }
    return new Row(
        Pattern.compile(cells.get(0)),
        cells.get(1).equals("any")
            ? Optional.empty()
            : Optional.of(
                Mutation.valueOf(cells.get(1).toUpperCase(Locale.ROOT).replace(' ', '_'))),
        cells.get(2),
        Pattern.compile(cells.get(3)),
        cells.get(4));
  }

  List<Row> rows() {
    return rows;
  }

  /** Why a mutant cannot be told from its kernel; empty if it is not in the table. */
  Optional<String> reason(Mutant mutant) {
    return rows.stream().filter(row -> row.matches(mutant)).map(Row::reason).findFirst();
  }
}
