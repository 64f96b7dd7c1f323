package dev.gatun.ptx;

import java.util.Arrays;
import java.util.List;

/** A kernel, decoded: its instructions and the rows that their operands are in. */
final class Program {
  /** What undefined registers hold: NaN as a float, and no likely index. */
  private static final int NAN = 0x7fbadbad;

  private static final int SMALL_NEGATIVE = 0x80452452;

  /** A row that holds one value in all lanes. */
  record Constant(Slot slot, long value) {}

  /** A row that holds a special register. */
  record SpecialRow(Slot slot, String name) {}

  /** A parameter's place. */
  record Parameter(String name, Type type, int offset, int bytes) {}

  private final Function function;
  private final Instruction[] code;
  private final Rows rows;
  private final List<Parameter> parameters;
  private final SharedLayout shared;
  private final long localBytes;
  private final boolean ordered;

  /**
   * @param shared where the variables in shared memory lie
   * @param ordered whether blocks must run one after another for the result to repeat
   */
  Program(
      Function function,
      Instruction[] code,
      Rows rows,
      List<Parameter> parameters,
      SharedLayout shared,
      long localBytes,
      boolean ordered) {
    this.function = function;
    this.code = code;
    this.rows = rows;
    this.parameters = List.copyOf(parameters);
    this.shared = shared;
    this.localBytes = localBytes;
    this.ordered = ordered;
  }

  String name() {
    return function.name();
  }

  Function function() {
    return function;
  }

  Instruction[] code() {
    return code;
  }

  Rows rows() {
    return rows;
  }

  List<Parameter> parameters() {
    return parameters;
  }

  int parameterBytes() {
    return parameters.isEmpty() ? 0 : parameters.getLast().offset() + parameters.getLast().bytes();
  }

  /** Where dynamic shared memory begins: the size of the static one. */
  int dynamicShared() {
    return shared.dynamicOffset();
  }

  SharedLayout shared() {
    return shared;
  }

  long localBytes() {
    return localBytes;
  }

  boolean ordered() {
    return ordered;
  }

  int intRows() {
    return rows.count(Slot.Kind.INT);
  }

  int longRows() {
    return rows.count(Slot.Kind.LONG);
  }

  int predicateRows() {
    return rows.count(Slot.Kind.PREDICATE);
  }

  void fillConstants(Warp warp) {
    for (Constant constant : rows.constants()) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        constant.slot().set(warp, lane, constant.value());
      }
    }
  }

  /**
   * Makes registers undefined and sets the special ones. With another order of warps undefined
   * registers hold something else, so that a kernel which depends on them does not repeat.
   */
  void fillRegisters(Warp warp) {
    boolean natural = warp.block().emulator().options().seed() == 0;
    int poison = natural ? NAN : SMALL_NEGATIVE;
    for (Slot register : rows.registers()) {
      if (register.kind() == Slot.Kind.INT) {
        int mask = register.bits() == 32 ? -1 : (1 << register.bits()) - 1;
        Arrays.fill(warp.ints[register.row()], poison & mask);
      } else if (register.kind() == Slot.Kind.LONG) {
        Arrays.fill(warp.longs[register.row()], ((long) poison << 32) | (poison & 0xffffffffL));
      } else {
        warp.predicates[register.row()] = natural ? 0 : -1;
      }
    }
    for (SpecialRow special : rows.specials()) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        special.slot().set(warp, lane, Special.value(special.name(), warp, lane));
      }
    }
  }
}
