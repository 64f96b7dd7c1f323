package dev.gatun.house;

import java.lang.classfile.CodeElement;
import java.lang.classfile.Label;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.util.HashMap;
import java.util.Map;
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

  static boolean anywhere(CodeAttribute code) {
    return code.elementStream().anyMatch(Boxing::boxes);
  }

  /** Whether a value is boxed between the target of a backward branch and the branch. */
  static boolean inLoop(CodeAttribute code) {
    Map<Label, Integer> labels = new HashMap<>();
    TreeSet<Integer> boxings = new TreeSet<>();
    int index = 0;
    for (CodeElement element : code) {
      if (element instanceof LabelTarget target) {
        labels.put(target.label(), index);
      } else if (boxes(element)) {
        boxings.add(index);
      } else if (element instanceof BranchInstruction branch) {
        Integer loopStart = labels.get(branch.target());
        if (loopStart != null && boxings.ceiling(loopStart) != null) {
          return true;
        }
      }
      index++;
    }
    return false;
  }

  private static boolean boxes(CodeElement element) {
    return element instanceof InvokeInstruction call
        && call.name().equalsString("valueOf")
        && BOXES.contains(call.owner().asInternalName())
        && call.typeSymbol().parameterCount() == 1
        && call.typeSymbol().parameterType(0).isPrimitive();
  }
}
