package dev.gatun.ptx;

import dev.gatun.core.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An instruction while it is decoded. Every modifier must be taken by whoever decodes it: one that
 * is left over is not known, and the instruction is refused.
 */
final class Decoding {
  private final Builder builder;
  private final Statement.Instr instruction;
  private final String base;
  private final List<String> modifiers;

  Decoding(Builder builder, Statement.Instr instruction) {
    this.builder = builder;
    this.instruction = instruction;
    List<String> parts = Arrays.asList(instruction.opcode().split("\\.", -1));
    this.base = parts.getFirst();
    this.modifiers = new ArrayList<>(parts.subList(1, parts.size()));
  }

  String base() {
    return base;
  }

  Builder builder() {
    return builder;
  }

  Statement.Instr instruction() {
    return instruction;
  }

  DataException refuse(String why) {
    return Refusal.of(instruction, why);
  }

  // ---- Modifiers

  /** Whether the modifier is there; it is then taken. */
  boolean take(String modifier) {
    return modifiers.remove(modifier);
  }

  boolean has(String modifier) {
    return modifiers.contains(modifier);
  }

  /** Takes the one of these modifiers that is there, or gives the default. */
  String oneOf(String otherwise, String... allowed) {
    for (String modifier : allowed) {
      if (take(modifier)) {
        return modifier;
      }
    }
    return otherwise;
  }

  /** Takes a modifier that must be one of these. */
  String require(String... allowed) {
    String found = oneOf("", allowed);
    if (found.isEmpty()) {
      throw refuse("one of " + Arrays.toString(allowed) + " is needed");
    }
    return found;
  }

  /** Takes a rounding mode of floating-point results. */
  Rounding rounding(Rounding otherwise) {
    for (Rounding rounding : Rounding.values()) {
      if (rounding != Rounding.AWAY && take(rounding.toString())) {
        return rounding;
      }
    }
    return otherwise;
  }

  /** Takes the last modifier, which must be one of these types. */
  Type type(Type... allowed) {
    Type type = modifiers.isEmpty() ? null : Type.of(modifiers.getLast());
    if (type == null || (allowed.length > 0 && !Arrays.asList(allowed).contains(type))) {
      throw refuse(
          "its type is not supported"
              + (allowed.length > 0 ? ": one of " + Arrays.toString(allowed) + " is" : ""));
    }
    modifiers.removeLast();
    return type;
  }

  /** The type that stands last, not taken. */
  @Nullable Type peekType() {
    return modifiers.isEmpty() ? null : Type.of(modifiers.getLast());
  }

  /** Refuses what has not been taken. */
  void done() {
    if (!modifiers.isEmpty()) {
      throw refuse("the modifier ." + modifiers.getFirst() + " is not supported");
    }
  }

  /** Refuses modifiers that are left, and other numbers of operands. */
  void done(int operands) {
    done();
    count(operands, operands);
  }

  void count(int least, int most) {
    int count = instruction.operands().size();
    if (count < least || count > most) {
      String expected = least == most ? String.valueOf(least) : least + " to " + most;
      throw refuse("it has %d operands and takes %s".formatted(count, expected));
    }
  }

  // ---- Operands

  int operands() {
    return instruction.operands().size();
  }

  Operand operand(int i) {
    if (i >= instruction.operands().size()) {
      throw refuse("it has too few operands");
    }
    return instruction.operands().get(i);
  }

  Slot target(int i, Type type) {
    return target(operand(i), type, false);
  }

  /** A target; one that is wider than the type is allowed where {@code wider}. */
  Slot target(Operand operand, Type type, boolean wider) {
    return switch (operand) {
      case Operand.Reg(Register register, boolean negated) when !negated ->
          register(register, type, wider);
      case Operand.Sink() -> builder.rows().temporary(type.bits());
      default -> throw refuse("a register is expected as the result");
    };
  }

  Slot source(int i, Type type) {
    return source(operand(i), type, false);
  }

  Slot source(Operand operand, Type type, boolean wider) {
    return switch (operand) {
      case Operand.Reg(Register register, boolean negated) -> {
        Slot slot = register(register, type, wider);
        yield negated ? new Slot(slot.kind(), slot.row(), slot.bits(), ~slot.flip()) : slot;
      }
      case Operand.Int constant -> constant(constant, type);
      case Operand.Real constant -> constant(constant, type);
      case Operand.Special(String name) -> special(name, type);
      case Operand.Symbol symbol -> symbol(symbol, type);
      default -> throw refuse("a register or a constant is expected here");
    };
  }

  private Slot register(Register register, Type type, boolean wider) {
    int bits = register.type().bits();
    if (bits > 64) {
      throw refuse("registers of 128 bits are not supported");
    }
    boolean predicate = bits == 1;
    boolean fits = wider ? bits >= type.bits() && !predicate : bits == type.bits();
    if (!fits) {
      throw refuse(
          "register %s is .%s where .%s is expected".formatted(register, register.type(), type));
    }
    return builder.rows().register(register);
  }

  private Slot constant(Operand constant, Type type) {
    if (type == Type.PRED) {
      return constant(constant);
    }
    String misfit = Constants.misfit(constant, type);
    if (!misfit.isEmpty()) {
      throw refuse(misfit);
    }
    return builder.rows().constant(Constants.bits(constant, type), type.bits());
  }

  /** A constant predicate: anything but zero is true. */
  private Slot constant(Operand constant) {
    if (constant instanceof Operand.Int(long value, _)) {
      return builder.rows().constant(value == 0 ? 0 : 1, 1);
    }
    throw refuse("a predicate register is expected here");
  }

  private Slot special(String name, Type type) {
    if (type.bits() < 16 || (type.bits() < 64 && Special.type(name) == Type.U64)) {
      throw refuse(name + " has " + Special.type(name).bits() + " bits");
    }
    if (Special.moves(name)) {
      Slot moving = builder.rows().temporary(type.bits());
      builder.emitHidden(new ReadClock(moving, name));
      return moving;
    }
    return builder.rows().special(name, type.bits());
  }

  private Slot symbol(Operand.Symbol symbol, Type type) {
    if (type.bits() < 32) {
      throw refuse("an address has at least 32 bits");
    }
    if (builder.isPassed(this, symbol)) {
      throw refuse("the address of a parameter of a function is not supported");
    }
    long address = builder.addressOf(this, symbol) + symbol.offset();
    return builder
        .rows()
        .constant(type.bits() == 32 ? address & 0xffff_ffffL : address, type.bits());
  }

  /** A constant that must be known now. */
  long immediate(int i, String what, long least, long most) {
    if (operand(i) instanceof Operand.Int(long value, _) && value >= least && value <= most) {
      return value;
    }
    throw refuse("%s must be a constant from %d to %d".formatted(what, least, most));
  }

  /** The elements of a vector operand, or the single operand. */
  List<Operand> elements(int i) {
    return operand(i) instanceof Operand.Vector(List<Operand> elements)
        ? elements
        : List.of(operand(i));
  }

  Slot[] targets(int i, Type type, int count) {
    return rowsOf(i, type, count, true);
  }

  Slot[] sources(int i, Type type, int count) {
    return rowsOf(i, type, count, false);
  }

  private Slot[] rowsOf(int i, Type type, int count, boolean target) {
    List<Operand> elements = elements(i);
    if (elements.size() != count) {
      throw refuse("operand %d needs %d elements".formatted(i + 1, count));
    }
    Slot[] slots = new Slot[count];
    for (int k = 0; k < count; k++) {
      slots[k] =
          target ? target(elements.get(k), type, false) : source(elements.get(k), type, false);
    }
    return slots;
  }
}
