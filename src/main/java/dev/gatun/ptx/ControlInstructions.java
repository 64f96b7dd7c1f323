package dev.gatun.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decodes branches, calls and barriers. */
final class ControlInstructions {
  private ControlInstructions() {}

  static Instruction branch(Decoding decoding) {
    decoding.take("uni");
    decoding.done(1);
    Branch branch = new Branch();
    decoding.builder().target(decoding, branch.targets(), 0, symbol(decoding, 0));
    return branch;
  }

  /** brx.idx: a branch through a table. */
  static Instruction branchIndexed(Decoding decoding) {
    decoding.require("idx");
    decoding.take("uni");
    decoding.done(2);
    String name = symbol(decoding, 1);
    List<String> labels = decoding.instruction().scope().table(name);
    if (labels == null) {
      throw decoding.refuse("there is no .branchtargets \"" + name + "\"");
    }
    Branch branch = new Branch(decoding.source(0, Type.U32), labels.size());
    for (int i = 0; i < labels.size(); i++) {
      decoding.builder().target(decoding, branch.targets(), i, labels.get(i));
    }
    return branch;
  }

  private static String symbol(Decoding decoding, int i) {
    if (decoding.operand(i) instanceof Operand.Symbol(String name, long offset) && offset == 0) {
      return name;
    }
    throw decoding.refuse("a label is expected");
  }

  /** call (results), function, (arguments). */
  static @Nullable Instruction call(Decoding decoding) {
    decoding.take("uni");
    decoding.done();
    decoding.count(1, 3);
    int at = decoding.operand(0) instanceof Operand.Group ? 1 : 0;
    List<Operand> results = at == 1 ? group(decoding, 0) : List.of();
    if (!(decoding.operand(at) instanceof Operand.Symbol)) {
      throw decoding.refuse("calls through pointers are not supported");
    }
    if (decoding.operands() > at + 2) {
      throw decoding.refuse("calls through pointers are not supported");
    }
    List<Operand> arguments = decoding.operands() > at + 1 ? group(decoding, at + 1) : List.of();
    decoding.builder().call(decoding, symbol(decoding, at), results, arguments);
    return null;
  }

  private static List<Operand> group(Decoding decoding, int i) {
    if (decoding.operand(i) instanceof Operand.Group(List<Operand> elements)) {
      return elements;
    }
    throw decoding.refuse("arguments stand in parentheses");
  }

  static Instruction returnOrExit(Decoding decoding, boolean exit) {
    if (!exit) {
      decoding.take("uni");
    }
    decoding.done(0);
    return exit ? new Exit() : decoding.builder().returnFrom();
  }

  static Instruction trap(Decoding decoding) {
    decoding.done(0);
    return new Trap();
  }

  /** Fences, sleeps and profiler events: a warp sees its own writes anyway. */
  static @Nullable Instruction nothing(Decoding decoding, int operands, String... modifiers) {
    while (!decoding.oneOf("", modifiers).isEmpty()) {
      // any of them may stand together
    }
    decoding.done(operands);
    return null;
  }

  /** bar and barrier. */
  static Instruction barrier(Decoding decoding) {
    boolean old = decoding.base().equals("bar");
    if (old && decoding.take("warp")) {
      decoding.require("sync");
      decoding.done(1);
      return new WarpBarrier(decoding.source(0, Type.B32));
    }
    decoding.take("cta");
    String kind = decoding.require("sync", "arrive", "red");
    boolean aligned = decoding.take("aligned") || old;
    if (kind.equals("red")) {
      return reduction(decoding, aligned);
    }
    decoding.done();
    boolean waits = kind.equals("sync");
    decoding.count(waits ? 1 : 2, 2);
    Slot id = decoding.source(0, Type.U32);
    Slot count = decoding.operands() == 2 ? decoding.source(1, Type.U32) : null;
    return new BlockBarrier(aligned, waits, id, count, null);
  }

  private static Instruction reduction(Decoding decoding, boolean aligned) {
    String op = decoding.require("popc", "and", "or");
    boolean popc = op.equals("popc");
    Type type = popc ? decoding.type(Type.U32) : decoding.type(Type.PRED);
    decoding.done();
    decoding.count(3, 4);
    int last = decoding.operands() - 1;
    Slot d = decoding.target(0, type);
    Slot id = decoding.source(1, Type.U32);
    Slot count = last == 3 ? decoding.source(2, Type.U32) : null;
    Slot holds = decoding.source(last, Type.PRED);
    decoding.builder().emitHidden(new BlockBarrier(aligned, true, id, count, holds));
    return new Instruction() {
      @Override
      void execute(Warp warp, int mask) {
        int first = Integer.numberOfTrailingZeros(mask);
        Barrier barrier = warp.block().barrier((int) id.get(warp, first));
        int held = barrier.reduced();
        long value =
            switch (op) {
              case "popc" -> held;
              case "and" -> held == barrier.participants() ? 1 : 0;
              default -> held > 0 ? 1 : 0;
            };
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          d.set(warp, Integer.numberOfTrailingZeros(rest), value);
        }
      }
    };
  }
}
