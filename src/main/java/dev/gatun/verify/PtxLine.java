package dev.gatun.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One instruction of a PTX file, as text.
 *
 * @param guard for example {@code @!%p1}; empty without one
 * @param opcode with its modifiers, for example {@code fma.rn.f32}
 * @param operands the target first; {@code {...}} and {@code [...]} are one operand
 */
record PtxLine(String guard, String opcode, List<String> operands) {
  private static final Pattern INSTRUCTION =
      Pattern.compile("\\s*(@!?%\\w+)?\\s*([a-z][a-z0-9_.]*)\\s*([^;]*);\\s*");

  PtxLine {
    operands = List.copyOf(operands);
  }

  /** Instead of an instruction that is left out. */
  static final PtxLine NOTHING = new PtxLine("", "", List.of());

  /** Reads a line; empty for labels, directives and braces. */
  static Optional<PtxLine> parse(String line) {
    Matcher matcher = INSTRUCTION.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String guard = matcher.group(1) == null ? "" : matcher.group(1);
    return Optional.of(new PtxLine(guard, matcher.group(2), split(matcher.group(3))));
  }

  private static List<String> split(String text) {
    List<String> operands = new ArrayList<>();
    int depth = 0;
    int begin = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      if (c == ',' && depth == 0) {
        operands.add(text.substring(begin, i).strip());
        begin = i + 1;
      }
    }
    String last = text.substring(begin).strip();
    if (!last.isEmpty()) {
      operands.add(last);
    }
    return operands;
  }

  /** The opcode before its first point. */
  String family() {
    return opcode.split("\\.", 2)[0];
  }

  /** Whether the opcode has a modifier, such as {@code shared}. */
  boolean has(String modifier) {
    return List.of(opcode.split("\\.", -1)).contains(modifier);
  }

  /** The last modifier, for most instructions the type. */
  String type() {
    return opcode.substring(opcode.lastIndexOf('.') + 1);
  }

  /** Whether the type is of whole numbers. */
  boolean isInteger() {
    return type().matches("[sub](8|16|32|64)");
  }

  String operand(int index) {
    return operands.get(index);
  }

  PtxLine withGuard(String other) {
    return new PtxLine(other, opcode, operands);
  }

  PtxLine withOpcode(String other) {
    return new PtxLine(guard, other, operands);
  }

  /** The modifier replaced by another. */
  PtxLine replacing(String modifier, String other) {
    List<String> words = new ArrayList<>(List.of(opcode.split("\\.", -1)));
    words.replaceAll(word -> word.equals(modifier) ? other : word);
    return withOpcode(String.join(".", words));
  }

  PtxLine withOperand(int index, String other) {
    List<String> changed = new ArrayList<>(operands);
    changed.set(index, other);
    return new PtxLine(guard, opcode, changed);
  }

  PtxLine withOperands(List<String> others) {
    return new PtxLine(guard, opcode, others);
  }

  PtxLine swapping(int a, int b) {
    return withOperand(a, operand(b)).withOperand(b, operand(a));
  }

  @Override
  public String toString() {
    if (opcode.isEmpty()) {
      return "";
    }
    String begin = guard.isEmpty() ? opcode : guard + " " + opcode;
    return operands.isEmpty() ? begin + ";" : begin + " " + String.join(", ", operands) + ";";
  }
}
