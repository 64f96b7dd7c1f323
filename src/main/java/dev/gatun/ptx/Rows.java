package dev.gatun.ptx;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Hands out rows for registers, constants and special registers. */
final class Rows {
  /** A constant of a width. */
  private record Key(int bits, long value) {}

  private final Map<Slot.Kind, Integer> counts = new EnumMap<>(Slot.Kind.class);
  private final Map<Register, Slot> registers = new HashMap<>();
  private final List<Slot> temporaries = new ArrayList<>();
  private final Map<Key, Program.Constant> constants = new HashMap<>();
  private final Map<String, Program.SpecialRow> specials = new HashMap<>();

  Slot register(Register register) {
    return registers.computeIfAbsent(register, named -> fresh(named.type().bits()));
  }

  Slot temporary(int bits) {
    Slot slot = fresh(bits);
    temporaries.add(slot);
    return slot;
  }

  /**
   * @param value zero-extended
   */
  Slot constant(long value, int bits) {
    return constants
        .computeIfAbsent(
            new Key(bits, value), key -> new Program.Constant(fresh(bits), key.value()))
        .slot();
  }

  Slot special(String name, int bits) {
    return specials
        .computeIfAbsent(name + " " + bits, _ -> new Program.SpecialRow(fresh(bits), name))
        .slot();
  }

  int count(Slot.Kind kind) {
    return counts.getOrDefault(kind, 0);
  }

  List<Slot> registers() {
    List<Slot> all = new ArrayList<>(registers.values());
    all.addAll(temporaries);
    return all;
  }

  /** Names and rows, for traces. */
  Map<Register, Slot> named() {
    return registers;
  }

  Collection<Program.Constant> constants() {
    return constants.values();
  }

  Collection<Program.SpecialRow> specials() {
    return specials.values();
  }

  private Slot fresh(int bits) {
    Slot.Kind kind = Slot.of(0, bits).kind();
    int row = count(kind);
    counts.put(kind, row + 1);
    return Slot.of(row, bits);
  }
}
