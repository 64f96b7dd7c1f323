package dev.gatun.ptx;

/** A decoded instruction: it executes on those lanes of a warp that a mask names. */
abstract class Instruction {
  private Source source = new Source("", 0, "", "");
  private int index;
  private boolean hidden;

  /** The row of the guard predicate, or -1. */
  int guard = -1;

  /** All ones if the guard is negated. */
  int guardFlip;

  /**
   * Executes. The program counter of the warp already points behind this instruction.
   *
   * @param mask the lanes, never empty
   */
  abstract void execute(Warp warp, int mask);

  final Source source() {
    return source;
  }

  /** Its place in the program. */
  final int index() {
    return index;
  }

  /** Whether it is an aid of the decoder and no instruction of the text. */
  final boolean hidden() {
    return hidden;
  }

  final void place(Source newSource, int newIndex, boolean newHidden) {
    source = newSource;
    index = newIndex;
    hidden = newHidden;
  }
}
