package dev.gatun.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A way to break a kernel: what is written instead of one instruction of its PTX. Each is a mistake
 * that a writer of kernels makes.
 */
@SuppressWarnings("ImmutableEnumChecker") // the lambdas hold nothing
enum Mutation {
  DROPPED_BARRIER(line -> dropped(line.opcode().matches("(bar|barrier)\\.(warp\\.)?sync.*"))),
  DROPPED_COPY_WAIT(line -> dropped(line.opcode().startsWith("cp.async.wait"))),
  /** {@code <} for {@code <=}, the classic. */
  BOUND_OFF_BY_ONE(
      line ->
          line.isInteger()
              ? comparison(
                  line,
                  Map.of(
                      "lt", "le", "le", "lt", "gt", "ge", "ge", "gt", "lo", "ls", "ls", "lo", "hi",
                      "hs", "hs", "hi"))
              : List.of()),
  REVERSED_COMPARISON(
      line ->
          comparison(
              line,
              Map.of(
                  "lt", "ge", "le", "gt", "gt", "le", "ge", "lt", "eq", "ne", "ne", "eq", "num",
                  "nan", "nan", "num"))),
  /** A tail that is never left out, or always. */
  BRANCH_ALWAYS(
      line ->
          line.family().equals("bra") && !line.guard().isEmpty()
              ? List.of(line.withGuard(""))
              : List.of()),
  BRANCH_NEVER(line -> dropped(line.family().equals("bra"))),
  WRONG_PREDICATE(
      line ->
          switch (line.opcode()) {
            case "and.pred" -> List.of(line.withOpcode("or.pred"));
            case "or.pred" -> List.of(line.withOpcode("and.pred"));
            case "not.pred" -> List.of(line.withOpcode("mov.pred"));
            case "xor.pred" -> List.of(line.withOpcode("or.pred"));
            default -> List.of();
          }),
  SWAPPED_CHOICES(line -> line.family().equals("selp") ? List.of(line.swapping(1, 2)) : List.of()),
  SWAPPED_OPERANDS(
      line ->
          switch (line.family()) {
            case "sub", "div", "rem" -> List.of(line.swapping(1, 2));
            default -> List.of();
          }),
  /** {@code a·c + b} for {@code a·b + c}. */
  SWAPPED_INDEX(
      line -> line.opcode().startsWith("mad.lo") ? List.of(line.swapping(2, 3)) : List.of()),
  /** x for y, in threads, blocks and their numbers. */
  WRONG_DIMENSION(Mutation::wrongDimension),
  WRONG_PARAMETER(Mutation::wrongParameter),
  /** The next element instead of this one. */
  WRONG_OFFSET(Mutation::wrongOffset),
  /** Twice the size of an element, or one shift too many. */
  WRONG_STRIDE(Mutation::wrongStride),
  SWAPPED_ELEMENTS(Mutation::swappedElements),
  DROPPED_STORE(line -> dropped(line.family().equals("st"))),
  DROPPED_MOVE(
      line ->
          dropped(
              line.family().equals("mov")
                  && line.operands().size() == 2
                  && line.operand(1).startsWith("%")
                  && !line.operand(1).contains("id."))),
  /** A sum without what was summed before. */
  DROPPED_ADDEND(Mutation::droppedAddend),
  WRONG_ADDEND(
      line ->
          line.family().equals("fma") && !line.operand(1).equals(line.operand(3))
              ? List.of(line.withOperand(3, line.operand(1)))
              : List.of()),
  ADD_FOR_SUBTRACT(
      line ->
          switch (line.family()) {
            case "add" -> List.of(line.withOpcode(line.opcode().replaceFirst("add", "sub")));
            case "sub" -> List.of(line.withOpcode(line.opcode().replaceFirst("sub", "add")));
            default -> List.of();
          }),
  /** A factor, an epsilon, log₂e: doubled; 1 for 0; 0 for an infinity. */
  WRONG_CONSTANT(Mutation::wrongConstant),
  WRONG_INTEGER(Mutation::wrongInteger),
  LOST_SIGN(
      line ->
          switch (line.family()) {
            case "neg", "abs" -> List.of(moved(line, 1));
            case "copysign" -> List.of(moved(line, 2));
            default -> List.of();
          }),
  WRONG_EXTREME(
      line ->
          switch (line.family()) {
            case "max" -> List.of(line.withOpcode(line.opcode().replaceFirst("max", "min")));
            case "min" -> List.of(line.withOpcode(line.opcode().replaceFirst("min", "max")));
            default -> List.of();
          }),
  WRONG_FUNCTION(
      line ->
          switch (line.family()) {
            case "ex2" -> List.of(line.withOpcode("lg2.approx.ftz.f32"));
            case "lg2" -> List.of(line.withOpcode("ex2.approx.ftz.f32"));
            case "sqrt" -> List.of(line.withOpcode("rcp.rn.f32"));
            case "rcp" -> List.of(line.withOpcode("sqrt.rn.f32"));
            case "sin" -> List.of(line.withOpcode(line.opcode().replaceFirst("sin", "cos")));
            case "cos" -> List.of(line.withOpcode(line.opcode().replaceFirst("cos", "sin")));
            default -> List.of();
          }),
  WRONG_BITS(
      line ->
          !line.isInteger()
              ? List.of()
              : switch (line.family()) {
                case "and" -> List.of(line.withOpcode("or." + line.type()));
                case "or", "xor" -> List.of(line.withOpcode("and." + line.type()));
                case "not" -> List.of(moved(line, 1));
                default -> List.of();
              }),
  /** Toward zero for to nearest, no clamp. */
  WRONG_ROUNDING(
      line -> {
        if (!line.family().equals("cvt")) {
          return List.of(); // products are rounded
        }
        List<PtxLine> changed = new ArrayList<>();
        if (line.has("rn") && !line.opcode().equals("cvt.rn.f32.s32")) {
          changed.add(line.replacing("rn", "rz"));
        }
        if (line.has("rzi")) {
          changed.add(line.replacing("rzi", "rmi"));
        }
        if (line.has("sat")) {
          changed.add(moved(line, 1));
        }
        return changed;
      }),
  WRONG_SHUFFLE(Mutation::wrongShuffle),
  /** The last lane is not asked. */
  MISSING_LANE(Mutation::missingLane);

  private static final Pattern ADDRESS = Pattern.compile("\\[([^+\\]]+)(?:\\+(-?\\d+))?\\]");
  private static final Pattern PARAMETER = Pattern.compile("\\[(\\w+_param_)(\\d+)\\]");

  private final Function<PtxLine, List<PtxLine>> rewrites;

  Mutation(Function<PtxLine, List<PtxLine>> rewrites) {
    this.rewrites = rewrites;
  }

  /** What may stand instead of an instruction; nothing if this mistake cannot be made there. */
  List<PtxLine> of(PtxLine line) {
    return rewrites.apply(line);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static List<PtxLine> dropped(boolean applies) {
    return applies ? List.of(PtxLine.NOTHING) : List.of();
  }

  private static PtxLine moved(PtxLine line, int source) {
    return line.withOpcode("mov." + line.type().replace("s", "u"))
        .withOperands(List.of(line.operand(0), line.operand(source)));
  }

  private static List<PtxLine> comparison(PtxLine line, Map<String, String> others) {
    if (!line.family().equals("setp")) {
      return List.of();
    }
    String operator = line.opcode().split("\\.", -1)[1];
    String other = others.get(operator);
    return other == null ? List.of() : List.of(line.replacing(operator, other));
  }

  private static List<PtxLine> wrongDimension(PtxLine line) {
    if (!line.family().equals("mov") || line.operands().size() != 2) {
      return List.of();
    }
    String source = line.operand(1);
    if (!source.matches("%(tid|ntid|ctaid|nctaid)\\.[xyz]")) {
      return List.of();
    }
    String other = source.endsWith(".x") ? "y" : "x";
    return List.of(line.withOperand(1, source.substring(0, source.length() - 1) + other));
  }

  /** The parameter before; that it has the same type is seen by whoever knows the signature. */
  private static List<PtxLine> wrongParameter(PtxLine line) {
    if (!line.opcode().startsWith("ld.param")) {
      return List.of();
    }
    Matcher matcher = PARAMETER.matcher(line.operand(1));
    if (!matcher.matches() || matcher.group(2).equals("0")) {
      return List.of();
    }
    int before = Integer.parseInt(matcher.group(2)) - 1;
    return List.of(line.withOperand(1, "[" + matcher.group(1) + before + "]"));
  }

  private static boolean isAccess(PtxLine line) {
    return (line.family().equals("ld") || line.family().equals("st")) && !line.has("param");
  }

  private static int bytes(PtxLine line) {
    int width = Integer.parseInt(line.type().substring(1)) / 8;
    return width * (line.has("v4") ? 4 : line.has("v2") ? 2 : 1);
  }

  private static List<PtxLine> wrongOffset(PtxLine line) {
    if (!isAccess(line)) {
      return List.of();
    }
    int place = line.family().equals("ld") ? 1 : 0;
    Matcher matcher = ADDRESS.matcher(line.operand(place));
    if (!matcher.matches()) {
      return List.of();
    }
    int offset = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
    return List.of(
        line.withOperand(place, "[%s+%d]".formatted(matcher.group(1), offset + bytes(line))));
  }

  private static List<PtxLine> wrongStride(PtxLine line) {
    boolean scales = line.family().equals("mul") && line.isInteger();
    boolean shifts = line.family().equals("shl") || line.family().equals("shr");
    if (!(scales || shifts) || !line.operand(2).matches("\\d+")) {
      return List.of();
    }
    long factor = Long.parseLong(line.operand(2));
    return List.of(line.withOperand(2, String.valueOf(scales ? 2 * factor : factor + 1)));
  }

  private static List<PtxLine> swappedElements(PtxLine line) {
    for (int i = 0; i < line.operands().size(); i++) {
      String operand = line.operand(i);
      if (isAccess(line) && operand.startsWith("{")) {
        List<String> words =
            new ArrayList<>(List.of(operand.substring(1, operand.length() - 1).split(", ", -1)));
        if (!words.get(0).equals(words.get(1))) {
          words.add(0, words.remove(1));
          return List.of(line.withOperand(i, "{" + String.join(", ", words) + "}"));
        }
      }
    }
    return List.of();
  }

  private static List<PtxLine> droppedAddend(PtxLine line) {
    return switch (line.family()) {
      case "fma" ->
          List.of(
              line.withOpcode("mul.rn.f32")
                  .withOperands(List.of(line.operand(0), line.operand(1), line.operand(2))));
      case "add" -> line.isInteger() ? List.of() : List.of(moved(line, 1), moved(line, 2));
      default -> List.of();
    };
  }

  private static List<PtxLine> wrongConstant(PtxLine line) {
    List<PtxLine> changed = new ArrayList<>();
    for (int i = 1; i < line.operands().size(); i++) {
      String operand = line.operand(i);
      if (operand.matches("0f[0-9A-F]{8}")) {
        float value = Float.intBitsToFloat(Integer.parseUnsignedInt(operand.substring(2), 16));
        float other = value == 0 ? 1 : Float.isFinite(value) ? 2 * value : 0;
        changed.add(
            line.withOperand(
                i, String.format(Locale.ROOT, "0f%08X", Float.floatToRawIntBits(other))));
      }
    }
    return changed;
  }

  private static List<PtxLine> wrongInteger(PtxLine line) {
    List<PtxLine> changed = new ArrayList<>();
    switch (line.family()) {
      case "add",
          "sub",
          "and",
          "or",
          "xor",
          "mov",
          "setp",
          "mad",
          "selp",
          "min",
          "max",
          "div",
          "rem" -> {
        for (int i = 1; i < line.operands().size(); i++) {
          if (line.isInteger() && line.operand(i).matches("-?\\d{1,10}")) {
            long value = Long.parseLong(line.operand(i));
            // A mask for a remainder loses its highest bit, one for a multiple its lowest.
            boolean mask = line.family().equals("and") && value != 0;
            boolean ofRemainder = value > 0 && (value & 1) == 1;
            long other = !mask ? value + 1 : ofRemainder ? value >> 1 : value & (value - 1);
            changed.add(line.withOperand(i, String.valueOf(other)));
          }
        }
      }
      default -> {}
    }
    return changed;
  }

  private static List<PtxLine> wrongShuffle(PtxLine line) {
    if (!line.family().equals("shfl")) {
      return List.of();
    }
    PtxLine ownValue = line.withOperand(2, "0").replacing("idx", "bfly");
    return line.has("bfly") ? List.of(ownValue, line.replacing("bfly", "up")) : List.of(ownValue);
  }

  private static List<PtxLine> missingLane(PtxLine line) {
    return switch (line.family()) {
      case "shfl" -> List.of(line.withOperand(4, "2147483647"));
      case "vote" -> List.of(line.withOperand(2, "2147483647"));
      default -> List.of();
    };
  }
}
