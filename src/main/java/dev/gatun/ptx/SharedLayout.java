package dev.gatun.ptx;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Where the shared variables lie that a kernel, or a function that it may call, names. Those whose
 * size the launch gives all begin where the others end.
 */
final class SharedLayout {
  private final PtxModule module;
  private final Map<Variable, Integer> offsets = new HashMap<>();
  private final Set<String> visited = new HashSet<>();
  private int used;
  private int dynamicAlign = 1;

  SharedLayout(PtxModule module, Function entry) {
    this.module = module;
    visit(entry);
  }

  int offset(Variable variable) {
    return variable.bytes() == 0 ? dynamicOffset() : Objects.requireNonNull(offsets.get(variable));
  }

  /** What lies at a byte of shared memory, in words. */
  String describe(long at) {
    for (Map.Entry<Variable, Integer> entry : offsets.entrySet()) {
      long within = at - entry.getValue();
      Variable variable = entry.getKey();
      if (within >= 0 && within < variable.bytes()) {
        return "byte %,d of '%s'".formatted(within, variable.name());
      }
    }
    long within = at - dynamicOffset();
    return within < 0
        ? "between two variables"
        : "byte %,d of dynamic shared memory".formatted(within);
  }

  int dynamicOffset() {
    return (used + dynamicAlign - 1) & -dynamicAlign;
  }

  private void visit(Function function) {
    List<Statement> body = function.body();
    if (body == null || !visited.add(function.name())) {
      return;
    }
    for (Statement statement : body) {
      if (statement instanceof Statement.Instr instruction) {
        instruction.operands().forEach(operand -> visit(instruction.scope(), operand));
      }
    }
  }

  private void visit(Scope scope, Operand operand) {
    switch (operand) {
      case Operand.Symbol(String name, long _) -> {
        Variable variable = scope.variable(name);
        Function function = module.functions().get(name);
        if (variable != null && variable.space() == Space.SHARED) {
          place(variable);
        } else if (variable == null && function != null) {
          visit(function);
        }
      }
      case Operand.Address(Operand.Symbol symbol, long _) -> visit(scope, symbol);
      case Operand.Vector(List<Operand> elements) ->
          elements.forEach(element -> visit(scope, element));
      default -> {}
    }
  }

  private void place(Variable variable) {
    if (variable.bytes() == 0) {
      dynamicAlign = Math.max(dynamicAlign, variable.align());
    } else if (!offsets.containsKey(variable)) {
      int offset = (used + variable.align() - 1) & -variable.align();
      offsets.put(variable, offset);
      used = Math.addExact(offset, Math.toIntExact(variable.bytes()));
    }
  }
}
