package dev.gatun.ptx;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A parsed PTX file: its variables and functions. Whether each instruction is known is decided when
 * the module is loaded into an {@link Emulator}.
 */
public final class PtxModule {
  private final String file;
  private final String target;
  private final Scope scope;
  private final List<Variable> variables;
  private final Map<String, Function> functions;

  PtxModule(
      String file,
      String target,
      Scope scope,
      List<Variable> variables,
      Map<String, Function> functions) {
    this.file = file;
    this.target = target;
    this.scope = scope;
    this.variables = List.copyOf(variables);
    this.functions = new LinkedHashMap<>(functions);
  }

  /**
   * Parses PTX text.
   *
   * @param file what messages call it
   * @throws DataException naming file, line and text of what does not parse
   */
  public static PtxModule parse(String file, String text) {
    return new ModuleParser(new Cursor(file, text)).parse();
  }

  /**
   * Reads and parses a PTX file.
   *
   * @throws DataException if it cannot be read or does not parse
   */
  public static PtxModule read(Path file) {
    try {
      return parse(
          String.valueOf(file.getFileName()),
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e, e);
    }
  }

  /** What messages call the file. */
  public String file() {
    return file;
  }

  /** The {@code .target}, for example {@code sm_80}. */
  public String target() {
    return target;
  }

  /** The names of the kernels, in the order of the file. */
  public List<String> entries() {
    return functions.values().stream().filter(Function::entry).map(Function::name).toList();
  }

  /** The names of entries and the sizes of their parameters in bytes. */
  public List<Integer> parameterSizes(String entry) {
    return function(entry).parameters().stream()
        .map(formal -> ((Function.Formal.InMemory) formal).variable())
        .map(variable -> Math.toIntExact(variable.bytes()))
        .toList();
  }

  Scope scope() {
    return scope;
  }

  List<Variable> variables() {
    return variables;
  }

  Map<String, Function> functions() {
    return functions;
  }

  private Function function(String entry) {
    Function found = functions.get(entry);
    if (found == null || !found.entry()) {
      throw new DataException(
          "%s: there is no entry '%s'; it has %s".formatted(file, entry, entries()));
    }
    return found;
  }
}
