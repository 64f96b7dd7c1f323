package dev.gatun.ptx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names that a pair of braces declares, and those around it. */
final class Scope {
  private final @Nullable Scope outer;
  private final Map<String, Register> registers = new HashMap<>();
  private final Map<String, Ranged> families = new HashMap<>();
  private final Map<String, Variable> variables = new HashMap<>();
  private final Map<String, Statement.Label> labels = new HashMap<>();
  private final Map<String, List<String>> tables = new HashMap<>();

  /** {@code .reg .b32 %r<5>}: registers %r0 to %r4, made as they are named. */
  private record Ranged(Type type, long count) {}

  Scope(@Nullable Scope outer) {
    this.outer = outer;
  }

  boolean declare(Register register) {
    return registers.putIfAbsent(register.name(), register) == null;
  }

  boolean declareFamily(String prefix, Type type, long count) {
    return families.putIfAbsent(prefix, new Ranged(type, count)) == null;
  }

  boolean declare(Variable variable) {
    return variables.putIfAbsent(variable.name(), variable) == null;
  }

  boolean declareTable(String name, List<String> targets) {
    return tables.putIfAbsent(name, targets) == null;
  }

  /** A new label, or null if there is one. */
  Statement.@Nullable Label declareLabel(String name) {
    Statement.Label label = new Statement.Label(name);
    return labels.putIfAbsent(name, label) == null ? label : null;
  }

  @Nullable Register register(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Register found = scope.ownRegister(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  @Nullable Variable variable(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Variable found = scope.variables.get(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  Statement.@Nullable Label label(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Statement.Label found = scope.labels.get(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  @Nullable List<String> table(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      List<String> found = scope.tables.get(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private @Nullable Register ownRegister(String name) {
    Register found = registers.get(name);
    if (found != null) {
      return found;
    }
    Ranged family = familyOf(name);
    if (family == null) {
      return null;
    }
    Register made = new Register(name, family.type);
    registers.put(name, made);
    return made;
  }

  /** The prefix may itself end in digits, so every cut is tried. */
  private @Nullable Ranged familyOf(String name) {
    for (int cut = name.length() - 1; cut > 0 && Character.isDigit(name.charAt(cut)); cut--) {
      String number = name.substring(cut);
      Ranged family = families.get(name.substring(0, cut));
      boolean canonical = number.length() == 1 || !number.startsWith("0");
      if (family != null
          && canonical
          && number.length() < 10
          && Integer.parseInt(number) < family.count) {
        return family;
      }
    }
    return null;
  }
}
