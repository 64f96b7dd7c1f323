package dev.gatun.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operand as written. */
sealed interface Operand {
  /** A register, or its negation {@code !%p1}. */
  record Reg(Register register, boolean negated) implements Operand {}

  /** A special register such as {@code %tid.x}. */
  record Special(String name) implements Operand {}

  /** An integer constant; whether it is unsigned tells how an expression divides and shifts it. */
  record Int(long value, boolean unsigned) implements Operand {
    Int(long value) {
      this(value, false);
    }
  }

  /** A constant with a fraction or given by its bits; {@code single} for {@code 0f}. */
  record Real(double value, long bits, Form form) implements Operand {
    enum Form {
      SINGLE_BITS,
      DOUBLE_BITS,
      DECIMAL
    }
  }

  /** The name of a variable, function, label or table of labels, with an offset. */
  record Symbol(String name, long offset) implements Operand {}

  /** {@code {a, b}}. */
  record Vector(List<Operand> elements) implements Operand {}

  /** {@code [base+offset]}; a null base is an absolute address. */
  record Address(@Nullable Operand base, long offset) implements Operand {}

  /** {@code d|p}: two results. */
  record Pair(Operand first, Operand second) implements Operand {}

  /** {@code (a, b)} of a call. */
  record Group(List<Operand> elements) implements Operand {}

  /** {@code _}: a result that nobody wants. */
  record Sink() implements Operand {}
}
