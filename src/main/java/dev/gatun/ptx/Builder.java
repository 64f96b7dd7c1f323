package dev.gatun.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a function into a program. Functions that it calls are decoded in place, once per call:
 * divergence then needs no call stack. Recursion and calls through pointers are refused.
 */
final class Builder {
  private static final int LARGEST = 1 << 20;

  /** A call that is being decoded. */
  private static final class Frame {
    final Function function;
    final Map<Variable, Variable> actual = new HashMap<>();
    final Map<Statement.Label, Integer> labels = new HashMap<>();
    final List<Fixup> fixups = new ArrayList<>();
    final List<Branch> returns = new ArrayList<>();
    final @Nullable Frame caller;

    Frame(Function function, @Nullable Frame caller) {
      this.function = function;
      this.caller = caller;
    }
  }

  /** A place in a branch that waits for the position of a label. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Fixup(int[] targets, int index, Statement.Label label) {}

  private final PtxModule module;
  private final Function entry;
  private final Map<Variable, Long> globals;
  private final Rows rows = new Rows();
  private final List<Instruction> code = new ArrayList<>();
  private final Map<Variable, Integer> parameterOffsets = new HashMap<>();
  private final Map<Variable, Long> localOffsets = new HashMap<>();
  private final SharedLayout shared;
  private final List<Program.Parameter> parameters = new ArrayList<>();
  private long localBytes;
  private boolean ordered;
  private Frame frame;
  private Source source = new Source("", 0, "", "");

  private Builder(PtxModule module, Function entry, Map<Variable, Long> globals) {
    this.module = module;
    this.entry = entry;
    this.globals = globals;
    this.shared = new SharedLayout(module, entry);
    this.frame = new Frame(entry, null);
  }

  /**
   * Decodes an entry, or a function that no entry may call, to see that it can be.
   *
   * @param globals the addresses of the variables of the module
   */
  static Program decode(PtxModule module, Function entry, Map<Variable, Long> globals) {
    Builder builder = new Builder(module, entry, globals);
    builder.layOutParameters();
    builder.function(entry);
    return new Program(
        entry,
        builder.code.toArray(Instruction[]::new),
        builder.rows,
        builder.parameters,
        builder.shared,
        (builder.localBytes + 15) & -16,
        builder.ordered);
  }

  Rows rows() {
    return rows;
  }

  /** The result of the kernel depends on the order of its blocks. */
  void orderBlocks() {
    ordered = true;
  }

  boolean isEntry() {
    return frame.caller == null;
  }

  private void layOutParameters() {
    int offset = 0;
    for (Function.Formal formal : entry.parameters()) {
      if (formal instanceof Function.Formal.InMemory(Variable variable)) {
        offset = (offset + variable.align() - 1) & -variable.align();
        int bytes = (int) Math.min(variable.bytes(), 1 << 16);
        parameterOffsets.put(variable, offset);
        parameters.add(new Program.Parameter(variable.name(), variable.type(), offset, bytes));
        offset += bytes;
      }
    }
  }

  private void function(Function function) {
    List<Statement> body = function.body();
    if (body == null) {
      throw Refusal.at(
          module.file(),
          function.line(),
          "function \"" + function.name() + "\"",
          "it has no body here");
    }
    for (Statement statement : body) {
      switch (statement) {
        case Statement.Label label -> frame.labels.put(label, code.size());
        case Statement.Instr instruction -> instruction(instruction);
      }
    }
    source = new Source(module.file(), function.line(), "end of " + function.name(), "");
    if (isEntry()) {
      emit(new Exit());
    }
    for (Fixup fixup : frame.fixups) {
      fixup.targets[fixup.index] = Objects.requireNonNull(frame.labels.get(fixup.label));
    }
    frame.returns.forEach(branch -> branch.targets()[0] = code.size());
  }

  private void instruction(Statement.Instr instruction) {
    source = instruction.source();
    if (code.size() > LARGEST) {
      throw Refusal.of(instruction, "the kernel has more than a million instructions");
    }
    Operand.Reg guard = instruction.guard();
    Branch skip = guard != null && instruction.opcode().startsWith("call") ? new Branch() : null;
    if (skip != null) {
      emitHidden(skip);
      guard(skip, Objects.requireNonNull(guard), true);
    }
    int start = code.size();
    Instruction decoded = Decoder.decode(new Decoding(this, instruction));
    if (decoded != null) {
      emit(decoded);
    }
    if (skip != null) {
      skip.targets()[0] = code.size();
    } else if (guard != null) {
      for (Instruction emitted : code.subList(start, code.size())) {
        guard(emitted, guard, false);
      }
    }
  }

  private void guard(Instruction instruction, Operand.Reg guard, boolean opposite) {
    instruction.guard = rows.register(guard.register()).row();
    instruction.guardFlip = guard.negated() != opposite ? -1 : 0;
  }

  private void emit(Instruction instruction) {
    instruction.place(source, code.size(), false);
    code.add(instruction);
  }

  /** Adds an instruction that the text does not have. */
  void emitHidden(Instruction instruction) {
    instruction.place(source, code.size(), true);
    code.add(instruction);
  }

  // ---- Labels and calls

  /** Arranges that a target becomes the position of a label. */
  void target(Decoding decoding, int[] targets, int index, String name) {
    Statement.Label label = decoding.instruction().scope().label(name);
    if (label == null) {
      throw decoding.refuse("there is no label \"" + name + "\"");
    }
    frame.fixups.add(new Fixup(targets, index, label));
  }

  /** {@code ret}: the end of the kernel, or a branch behind the body of the function. */
  Instruction returnFrom() {
    if (isEntry()) {
      return new Exit();
    }
    Branch branch = new Branch();
    frame.returns.add(branch);
    return branch;
  }

  /** Decodes a call in place. */
  void call(Decoding decoding, String name, List<Operand> results, List<Operand> arguments) {
    Function callee = module.functions().get(name);
    if (callee == null || callee.entry()) {
      throw decoding.refuse("there is no function \"" + name + "\"");
    }
    if (callee.body() == null) {
      throw decoding.refuse("function \"" + name + "\" has no body in this file");
    }
    for (Frame above = frame; above != null; above = above.caller) {
      if (above.function.equals(callee)) {
        throw decoding.refuse("recursion is not supported");
      }
    }
    if (callee.parameters().size() != arguments.size()
        || callee.results().size() != results.size()) {
      throw decoding.refuse("function \"" + name + "\" has other parameters");
    }
    Frame caller = frame;
    Frame inner = new Frame(callee, caller);
    for (int i = 0; i < arguments.size(); i++) {
      pass(decoding, inner, callee.parameters().get(i), arguments.get(i));
    }
    for (int i = 0; i < results.size(); i++) {
      if (callee.results().get(i) instanceof Function.Formal.InMemory(Variable formal)) {
        inner.actual.put(formal, actual(decoding, results.get(i)));
      }
    }
    Source callSource = source;
    frame = inner;
    function(callee);
    frame = caller;
    source = callSource;
    for (int i = 0; i < results.size(); i++) {
      if (callee.results().get(i) instanceof Function.Formal.InRegister(Register formal)) {
        Slot target = decoding.target(results.get(i), formal.type(), false);
        emitHidden(Moves.copy(target, rows.register(formal)));
      }
    }
  }

  private void pass(Decoding decoding, Frame inner, Function.Formal formal, Operand argument) {
    switch (formal) {
      case Function.Formal.InMemory(Variable variable) ->
          inner.actual.put(variable, actual(decoding, argument));
      case Function.Formal.InRegister(Register register) -> {
        Slot value = decoding.source(argument, register.type(), false);
        emitHidden(Moves.copy(rows.register(register), value));
      }
    }
  }

  private Variable actual(Decoding decoding, Operand operand) {
    if (operand instanceof Operand.Symbol(String name, long _)) {
      Variable variable = decoding.instruction().scope().variable(name);
      if (variable != null && variable.space() == Space.PARAM) {
        return frame.actual.getOrDefault(variable, variable);
      }
    }
    throw decoding.refuse("a parameter in memory is passed as a .param variable");
  }

  // ---- Variables

  private Variable variable(Decoding decoding, String name) {
    Variable found = decoding.instruction().scope().variable(name);
    if (found == null) {
      throw decoding.refuse("\"" + name + "\" is not declared");
    }
    return frame.actual.getOrDefault(found, found);
  }

  /** The space that a symbol really is in: param variables of functions are in local memory. */
  Space spaceOf(Decoding decoding, Operand.Symbol symbol) {
    return isPassed(decoding, symbol) ? Space.LOCAL : variable(decoding, symbol.name()).space();
  }

  /** Whether a symbol is a parameter of a call, and not one of the kernel. */
  boolean isPassed(Decoding decoding, Operand.Symbol symbol) {
    Variable variable = variable(decoding, symbol.name());
    return variable.space() == Space.PARAM && !parameterOffsets.containsKey(variable);
  }

  /** The address of a symbol within its own space. */
  long addressOf(Decoding decoding, Operand.Symbol symbol) {
    Variable variable = variable(decoding, symbol.name());
    return switch (variable.space()) {
      case SHARED -> shared.offset(variable);
      case LOCAL -> localOffset(variable);
      case PARAM -> {
        Integer own = parameterOffsets.get(variable);
        yield own != null ? own : localOffset(variable);
      }
      default -> {
        Long address = globals.get(variable);
        if (address == null) {
          throw decoding.refuse("\"" + symbol.name() + "\" is declared elsewhere");
        }
        yield address;
      }
    };
  }

  private long localOffset(Variable variable) {
    Long known = localOffsets.get(variable);
    if (known != null) {
      return known;
    }
    long offset = (localBytes + variable.align() - 1) & -variable.align();
    localOffsets.put(variable, offset);
    localBytes = offset + variable.bytes();
    return offset;
  }
}
