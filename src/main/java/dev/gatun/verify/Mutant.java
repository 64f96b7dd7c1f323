package dev.gatun.verify;

import java.util.SplittableRandom;

/**
 * A kernel with one mistake in it.
 *
 * @param index of the line in the file, from 0
 * @param before what stands there
 * @param after what stands there instead
 * @param occurrence which of the same changes of the same text in this kernel, from 1
 */
record Mutant(
    KernelText kernel, Mutation kind, int index, PtxLine before, PtxLine after, int occurrence) {
  String entry() {
    return kernel.entry();
  }

  /** The PTX with the mistake. */
  String text() {
    return kernel.with(index, "\t" + after);
  }

  KernelText.Origin origin() {
    return kernel.origin(index);
  }

  /**
   * A number that depends on the mistake alone, by which some of many are chosen: what changes
   * elsewhere leaves the choice as it was.
   */
  long hash() {
    return mixed(entry() + "|" + kind + "|" + before + "|" + after + "|" + occurrence);
  }

  /** The place of its kind among those of its kernel, as {@link #hash()} for this pair. */
  long hashOfKind() {
    return mixed(entry() + "|" + kind);
  }

  private static long mixed(String text) {
    return new SplittableRandom(text.hashCode()).nextLong();
  }

  /** Mistakes that differ only by which copy of an unrolled statement they are in. */
  String likeness() {
    return entry() + kind + origin() + before.opcode();
  }

  @Override
  public String toString() {
    return "%s: %s at %s:%d%n    %s  %s%n    - %s%n    + %s"
        .formatted(
            entry(), kind, kernel.file(), index + 1, origin(), origin().text(), before, after);
  }
}
