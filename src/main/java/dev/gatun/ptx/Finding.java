package dev.gatun.ptx;

import java.util.Locale;

/**
 * Something that a kernel does wrong.
 *
 * @param source the instruction
 * @param block the block, as {@code (x,y,z)}
 * @param lane the first lane, or -1 if it is not about one
 * @param detail what exactly, with buffer and address where there is one
 */
public record Finding(
    Kind kind, String kernel, Source source, String block, int warp, int lane, String detail) {

  /** The sorts of findings. */
  public enum Kind {
    OUT_OF_BOUNDS,
    USE_AFTER_FREE,
    MISALIGNED,
    READ_ONLY,
    UNINITIALISED,
    SHARED_RACE,
    DIVERGENT_BARRIER,
    DEADLOCK,
    MISSING_LANES,
    ENDLESS,
    UNDEFINED,
    TRAP,
    NOT_EMULATED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /** The line of the PTX file. */
  public int line() {
    return source.line();
  }

  @Override
  public String toString() {
    String where = lane < 0 ? "" : ", lane " + lane;
    return "%s: kernel %s, %s, block %s, warp %d%s: %s"
        .formatted(kind, kernel, source, block, warp, where, detail);
  }
}
