package dev.gatun.ptx;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Writes what one thread executes, and which of its registers each step changes. */
final class Tracer implements Observer {
  private final long blockNumber;
  private final int warpIndex;
  private final int lane;
  private final Consumer<String> out;
  private final List<Map.Entry<Register, Slot>> registers;
  private final long[] values;

  Tracer(Program program, long blockNumber, int thread, Consumer<String> out) {
    this.blockNumber = blockNumber;
    this.warpIndex = thread / Warp.LANES;
    this.lane = thread % Warp.LANES;
    this.out = out;
    this.registers =
        program.rows().named().entrySet().stream()
            .sorted(Comparator.comparing(entry -> entry.getKey().name()))
            .toList();
    this.values = new long[registers.size()];
  }

  private boolean watches(Warp warp, int mask) {
    return warp.index() == warpIndex
        && (mask >>> lane & 1) != 0
        && warp.block().number() == blockNumber;
  }

  @Override
  public void before(Warp warp, Instruction instruction, int mask) {
    if (watches(warp, mask)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = registers.get(i).getValue().get(warp, lane);
      }
    }
  }

  @Override
  public void after(Warp warp, Instruction instruction, int mask) {
    if (!watches(warp, mask)) {
      return;
    }
    StringBuilder changes = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      long value = registers.get(i).getValue().get(warp, lane);
      if (value != values[i]) {
        Register register = registers.get(i).getKey();
        changes.append("  ").append(register).append(" = ").append(text(register.type(), value));
      }
    }
    Source source = instruction.source();
    out.accept("%5d  %-48s%s".formatted(source.line(), source.text(), changes));
  }

  /** A value as its type says, and its bits. */
  private static String text(Type type, long bits) {
    return switch (type) {
      case PRED -> bits != 0 ? "true" : "false";
      case F32, TF32 -> String.format(Locale.ROOT, "%s (0x%08x)", F32.value(bits), bits);
      case F64 -> String.format(Locale.ROOT, "%s (0x%016x)", Double.longBitsToDouble(bits), bits);
      case F16, BF16 ->
          String.format(Locale.ROOT, "%s (0x%04x)", FloatFormat.of(type).value(bits), bits);
      default -> "%d (0x%x)".formatted(IntegerArithmetic.signExtend(bits, type.bits()), bits);
    };
  }
}
