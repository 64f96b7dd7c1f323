package dev.gatun.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A line of a function body. */
sealed interface Statement {
  /** A place to branch to. Compared by identity. */
  final class Label implements Statement {
    private final String name;

    Label(String name) {
      this.name = name;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * An instruction.
   *
   * @param opcode with all modifiers
   * @param guard the predicate that must hold, or null
   * @param scope where its names are looked up
   */
  record Instr(
      String opcode,
      List<Operand> operands,
      Operand.@Nullable Reg guard,
      Scope scope,
      Source source)
      implements Statement {}
}
