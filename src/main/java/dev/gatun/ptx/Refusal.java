package dev.gatun.ptx;

import dev.gatun.core.DataException;

/** Says no to a PTX file, naming file, line and text. */
final class Refusal {
  private Refusal() {}

  /** The exception to throw. */
  static DataException at(String file, int line, String text, String why) {
    return new DataException("%s:%d: %s: %s".formatted(file, line, text, why));
  }

  /** The same for an instruction. */
  static DataException of(Statement.Instr instruction, String why) {
    Source source = instruction.source();
    return at(source.file(), source.line(), "\"" + source.text() + "\"", why);
  }
}
