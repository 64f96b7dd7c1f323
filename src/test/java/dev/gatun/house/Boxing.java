package dev.gatun.house;

import java.lang.classfile.CodeElement;
import java.lang.classfile.Label;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/** Finds calls such as {@code Integer.valueOf(int)}, which the compiler writes for boxing. */
final class Boxing {
  private static final Set<String> BOXES =
      Set.of(
          "java/lang/Boolean",
          "java/lang/Byte",
          "java/lang/Character",
          "java/lang/Short",
          "java/lang/Integer",
          "java/lang/Long",
          "java/lang/Float",
          "java/lang/Double");

  private Boxing() {}

  /** Whether a value is boxed. */
  static boolean anywhere(CodeAttribute code) {
    return !places(code).isEmpty();
  }

  /** Whether a value is boxed between the target of a backward branch and the branch. */
  static boolean inLoop(CodeAttribute code) {
    NavigableSet<Integer> boxings = places(code);
    Map<Label, Integer> labels = new HashMap<>();
    int place = 0;
    for (CodeElement element : code) {
      switch (element) {
        case LabelTarget target -> labels.put(target.label(), place);
        case BranchInstruction branch when labels.containsKey(branch.target()) -> {
          int loop = labels.get(branch.target());
          if (!boxings.subSet(loop, place).isEmpty()) {
            return true;
          }
        }
        default -> {}
      }
      place++;
    }
    return false;
  }

  /** Where values are boxed, other than straight before a throw: a message costs nothing. */
  private static NavigableSet<Integer> places(CodeAttribute code) {
    NavigableSet<Integer> places = new TreeSet<>();
    List<Integer> pending = new ArrayList<>();
    int place = 0;
    for (CodeElement element : code) {
      switch (element) {
        case InvokeInstruction call when boxes(call) -> pending.add(place);
        case ThrowInstruction _ -> pending.clear();
        case BranchInstruction _,
            ReturnInstruction _,
            TableSwitchInstruction _,
            LookupSwitchInstruction _ -> {
          places.addAll(pending);
          pending.clear();
        }
        default -> {}
      }
      place++;
    }
    return places;
  }

  private static boolean boxes(InvokeInstruction call) {
    return call.name().equalsString("valueOf")
        && BOXES.contains(call.owner().asInternalName())
        && call.typeSymbol().parameterCount() == 1
        && call.typeSymbol().parameterType(0).isPrimitive();
  }
}
