package dev.gatun.ptx;

/**
 * Finds races in shared memory: two warps touch a byte, at least one of them writes, and nothing
 * orders the two. What orders them is a barrier that both have come to.
 */
abstract class Races {
  /** What fits a program: all threads come to each of its barriers, or not. */
  static Races of(Program program, int warps) {
    for (Instruction instruction : program.code()) {
      if (instruction instanceof BlockBarrier barrier && barrier.isOfSome()) {
        return new ClockRaces(warps);
      }
    }
    return new EpochRaces();
  }

  /** Begins a block. */
  abstract void reset(int bytes);

  /** Threads of a warp have come to a barrier; what they do from now on is not ordered by it. */
  abstract void arrive(int barrier, int warp);

  /**
   * A barrier opens.
   *
   * @param waiting a bit for each warp that goes on
   */
  abstract void open(int barrier, int waiting);

  /**
   * Notes a read of a word or of a part of it.
   *
   * @param mask a bit for each byte
   * @return the instruction it races with, or -1
   */
  abstract int read(int warp, int site, int word, int mask);

  /**
   * Notes a write.
   *
   * @param changes whether the memory held something else; if not, nobody can tell
   */
  abstract int write(int warp, int site, int word, int mask, boolean changes);

  /**
   * Notes reads of words by all lanes at once.
   *
   * @param addresses of the first word of each lane
   * @param count of the words of each lane
   * @return whether all is noted and no race among it; if not, each is to be noted by itself
   */
  boolean readAll(int warp, int site, long[] addresses, int count) {
    return false;
  }

  /** The same for writes, of which none has been noted if this says false. */
  boolean writeAll(int warp, int site, long[] addresses, int count) {
    return false;
  }

  /** Notes a read of up to 8 bytes. */
  final int read(int warp, int site, long offset, int bytes) {
    int word = (int) (offset >>> 2);
    if (bytes > 4) {
      int first = read(warp, site, word, 0xf);
      return Math.max(first, read(warp, site, word + 1, 0xf));
    }
    return read(warp, site, word, ((1 << bytes) - 1) << (offset & 3));
  }

  /** Notes a write of up to 8 bytes. */
  final int write(int warp, int site, long offset, int bytes, boolean changes) {
    int word = (int) (offset >>> 2);
    if (bytes > 4) {
      int first = write(warp, site, word, 0xf, changes);
      return Math.max(first, write(warp, site, word + 1, 0xf, changes));
    }
    return write(warp, site, word, ((1 << bytes) - 1) << (offset & 3), changes);
  }
}
