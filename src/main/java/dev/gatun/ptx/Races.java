package dev.gatun.ptx;

import java.util.Arrays;

/**
 * Finds races in shared memory: two warps touch a byte between two barriers, and at least one of
 * them writes. For each word of 4 bytes it keeps the last writer and the last reader as
 *
 * <pre>
 *   epoch (21 bits) | warp (6 bits; 63: several) | bytes (4 bits)
 * </pre>
 */
final class Races {
  private static final int SEVERAL = 63;
  private static final int LAST_EPOCH = (1 << 21) - 1;

  private int[] writers = new int[0];
  private int[] readers = new int[0];
  private int[] writerSites = new int[0];
  private int[] readerSites = new int[0];
  private int epoch = 1;

  /** Begins a block. */
  void reset(int bytes) {
    int words = (bytes + 3) / 4;
    if (words > writers.length) {
      writers = new int[words];
      readers = new int[words];
      writerSites = new int[words];
      readerSites = new int[words];
    }
    nextEpoch();
  }

  /** All threads have passed a barrier. */
  void nextEpoch() {
    if (++epoch > LAST_EPOCH) {
      Arrays.fill(writers, 0);
      Arrays.fill(readers, 0);
      epoch = 1;
    }
  }

  /**
   * Notes a read of up to 8 bytes.
   *
   * @return the instruction it races with, or -1
   */
  int read(int warp, int site, long offset, int bytes) {
    int word = (int) (offset >>> 2);
    if (bytes > 4) {
      int first = read(warp, site, word, 0xf);
      return Math.max(first, read(warp, site, word + 1, 0xf));
    }
    return read(warp, site, word, ((1 << bytes) - 1) << (offset & 3));
  }

  private int read(int warp, int site, int word, int mask) {
    int writer = writers[word];
    int race = conflicts(writer, warp, mask) ? writerSites[word] : -1;
    int reader = readers[word];
    int who = warp;
    int bytes = mask;
    if (reader >>> 10 == epoch) {
      who = (reader >>> 4 & 63) == warp ? warp : SEVERAL;
      bytes |= reader & 15;
    }
    readers[word] = epoch << 10 | who << 4 | bytes;
    readerSites[word] = site;
    return race;
  }

  /**
   * Notes a write of up to 8 bytes.
   *
   * @param changes whether the memory held something else
   * @return the instruction it races with, or -1
   */
  int write(int warp, int site, long offset, int bytes, boolean changes) {
    int word = (int) (offset >>> 2);
    if (bytes > 4) {
      int first = write(warp, site, word, 0xf, changes);
      return Math.max(first, write(warp, site, word + 1, 0xf, changes));
    }
    return write(warp, site, word, ((1 << bytes) - 1) << (offset & 3), changes);
  }

  private int write(int warp, int site, int word, int mask, boolean changes) {
    int race = -1;
    int writer = writers[word];
    if (changes && conflicts(writer, warp, mask)) {
      race = writerSites[word];
    } else if (changes && conflicts(readers[word], warp, mask)) {
      race = readerSites[word];
    }
    int bytes = writer >>> 4 == (epoch << 6 | warp) ? mask | (writer & 15) : mask;
    writers[word] = epoch << 10 | warp << 4 | bytes;
    writerSites[word] = site;
    return race;
  }

  private boolean conflicts(int entry, int warp, int mask) {
    return entry >>> 10 == epoch && (entry >>> 4 & 63) != warp && (entry & mask) != 0;
  }
}
