package dev.gatun.verify;

import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.Signature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of one kernel, on the lines that it has in its file. */
final class KernelText {
  private static final Pattern BEGIN = Pattern.compile("\\.visible \\.entry (\\w+)\\(");
  private static final Pattern FILE = Pattern.compile("\\s*\\.file\\s+(\\d+) \"([^\"]*)\".*");
  private static final Pattern PLACE = Pattern.compile("\\s*\\.loc\\s+(\\d+) (\\d+) \\d+.*");

  /**
   * A line of the CUDA source.
   *
   * @param text without indentation; empty where the source is not at hand
   */
  record Origin(String file, int line, String text) {
    @Override
    public String toString() {
      return file.isEmpty() ? "no source line" : file + ":" + line;
    }
  }

  private final String entry;
  private final String file;
  private final List<String> lines;
  private final Signature signature;
  private final Map<String, List<String>> sources;
  private final Map<Integer, Origin> origins = new HashMap<>();
  private final Set<String> ofShuffles = new HashSet<>();

  private KernelText(
      String entry, String file, List<String> lines, Map<String, List<String>> sources) {
    this.entry = entry;
    this.file = file;
    this.lines = List.copyOf(lines);
    this.signature = Signature.of(text(), entry, file);
    this.sources = sources;
    Map<String, String> names = new HashMap<>();
    for (String line : lines) {
      Matcher matcher = FILE.matcher(line);
      if (matcher.matches()) {
        names.put(matcher.group(1), matcher.group(2));
      }
    }
    Origin origin = new Origin("", 0, "");
    for (int i = 0; i < lines.size(); i++) {
      Matcher matcher = PLACE.matcher(lines.get(i));
      if (matcher.matches()) {
        origin =
            origin(
                names.getOrDefault(matcher.group(1), "unknown file"),
                Integer.parseInt(matcher.group(2)));
      }
      origins.put(i, origin);
      PtxLine.parse(lines.get(i))
          .filter(line -> line.family().equals("shfl"))
          .ifPresent(line -> ofShuffles.addAll(line.operands().subList(2, 5)));
    }
  }

  /** A kernel with the declarations of its file, the other kernels left out. */
  static KernelText of(KernelFiles files, String entry) {
    String file = files.fileOf(entry);
    List<String> kept = new ArrayList<>();
    boolean other = false;
    for (String line : files.text(file).split("\n", -1)) {
      Matcher begin = BEGIN.matcher(line);
      if (begin.matches()) {
        other = !begin.group(1).equals(entry);
      }
      kept.add(other ? "" : line);
      other &= !line.equals("}");
    }
    Map<String, List<String>> sources = new HashMap<>();
    for (String line : kept) {
      Matcher source = FILE.matcher(line);
      if (source.matches()) {
        String name = source.group(2);
        files.source(name).ifPresent(text -> sources.put(name, text.lines().toList()));
      }
    }
    return new KernelText(entry, file, kept, sources);
  }

  String entry() {
    return entry;
  }

  String file() {
    return file;
  }

  String text() {
    return String.join("\n", lines);
  }

  /** The text with another line in place of one. */
  String with(int index, String line) {
    String[] changed = lines.toArray(String[]::new);
    changed[index] = line;
    return String.join("\n", Arrays.asList(changed));
  }

  /** All single mistakes that can be made in this kernel, in the order of its lines. */
  List<Mutant> mutants() {
    List<Mutant> mutants = new ArrayList<>();
    Map<String, Integer> occurrences = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      int index = i;
      PtxLine.parse(lines.get(i)).ifPresent(line -> addMutants(index, line, occurrences, mutants));
    }
    return mutants;
  }

  private void addMutants(
      int index, PtxLine line, Map<String, Integer> occurrences, List<Mutant> mutants) {
    for (Mutation kind : Mutation.values()) {
      for (PtxLine changed : kind.of(line)) {
        if (isFair(kind, index, line, changed)) {
          int occurrence = occurrences.merge(kind.name() + line + changed, 1, Integer::sum);
          mutants.add(new Mutant(this, kind, index, line, changed, occurrence));
        }
      }
    }
  }

  /** Where a line comes from; an empty name where none is said. */
  Origin origin(int index) {
    return origins.getOrDefault(index, new Origin("", 0, ""));
  }

  private Origin origin(String name, int line) {
    List<String> text = sources.getOrDefault(name, List.of());
    return new Origin(
        name, line, line > 0 && line <= text.size() ? text.get(line - 1).strip() : "");
  }

  /** Whether the change changes anything, as far as the text alone can tell. */
  private boolean isFair(Mutation kind, int index, PtxLine line, PtxLine changed) {
    return switch (kind) {
      case BRANCH_ALWAYS, BRANCH_NEVER -> !leadsOn(index, line.operand(0));
      case WRONG_PARAMETER -> type(line).equals(type(changed));
      // Butterflies of 17 and 16 lanes exchange the same, and 31 is the last lane as 32 is.
      case WRONG_INTEGER -> !ofShuffles.contains(line.operand(0));
      default -> true;
    };
  }

  /** Whether a label stands before the next instruction, or before a return as the end does. */
  private boolean leadsOn(int index, String label) {
    for (int i = index + 1; i < lines.size() && PtxLine.parse(lines.get(i)).isEmpty(); i++) {
      String line = lines.get(i).strip();
      if (line.equals(label + ":") || (line.equals("}") && leadsToReturn(label))) {
        return true;
      }
    }
    return false;
  }

  private boolean leadsToReturn(String label) {
    return lines.stream()
        .map(String::strip)
        .dropWhile(line -> !line.equals(label + ":"))
        .flatMap(line -> PtxLine.parse(line).stream())
        .limit(1)
        .anyMatch(line -> line.opcode().equals("ret"));
  }

  private String type(PtxLine load) {
    String operand = load.operand(1);
    int number = operand.lastIndexOf('_') + 1;
    int index = Integer.parseInt(operand.substring(number, operand.length() - 1));
    return signature.types().get(index);
  }
}
